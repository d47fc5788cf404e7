"""DOOR: programs. JSON under `/api/v1`, opened by an API key of one Installation."""

from flask import Flask
from flask_smorest import Blueprint

from plugin.api import (
    conflicts,
    deliveries,
    description,
    disconnect,
    friend_imports,
    friends,
    imports,
    jobs,
    linkage_tokens,
    linkages,
    list_preparations,
    official_accounts,
    qr_codes,
    templates,
)
from plugin.api.door import close
from plugin.api.resource import PREFIX

__all__ = ["init_app"]


def init_app(app: Flask) -> None:
    """Serve the API, described by OpenAPI."""
    modules = (
        official_accounts, qr_codes, friends, linkages, linkage_tokens, list_preparations, jobs,
        templates, deliveries, friend_imports, imports, conflicts, disconnect,
        description,
    )  # fmt: skip
    resources = [module.blueprint for module in modules]
    door = close(Blueprint("api", __name__, url_prefix=PREFIX))
    for resource in resources:
        door.register_blueprint(resource)
    description.describe(app, door, resources)
