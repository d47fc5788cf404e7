"""DOOR: programs. JSON under `/api/v1`, opened by an API key of one Installation."""

from flask import Flask
from flask_smorest import Blueprint

from plugin.api import description, friends, jobs, linkages, official_accounts, qr_codes
from plugin.api.door import PREFIX, close

__all__ = ["init_app"]
RESOURCES = (official_accounts, qr_codes, friends, linkages, jobs)


def init_app(app: Flask) -> None:
    """Serve the API, described by OpenAPI."""
    door = close(Blueprint("api", __name__, url_prefix=PREFIX))
    for resource in (*RESOURCES, description):
        door.register_blueprint(resource.blueprint)
    description.describe(app, door)
    _exempt_from_csrf(app, door)


def _exempt_from_csrf(app: Flask, door: Blueprint) -> None:
    """A key is sent by no browser on its own, so there is nothing to forge."""
    csrf = app.extensions.get("csrf")
    if csrf is not None:
        csrf.exempt(door)
        for resource in (*RESOURCES, description):
            csrf.exempt(resource.blueprint)
