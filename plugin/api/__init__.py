"""Entry point: the JSON API under `/api/v1`, for programs with an installation's API key."""

from flask import Flask
from flask_smorest import Blueprint

from plugin.api import description
from plugin.api.guards import guard_blueprint
from plugin.api.resource import PREFIX
from plugin.api.resources import (
    broadcasts,
    conflicts,
    connection,
    deliveries,
    friend_imports,
    friends,
    imports,
    jobs,
    linkage_tokens,
    linkages,
    list_exports,
    list_preparations,
    official_accounts,
    qr_codes,
    segments,
    sending_rules,
    templates,
)
from plugin.api.resources.audience import sync_settings

__all__ = ["init_app"]


def init_app(app: Flask) -> None:
    """Serve the API, described by OpenAPI."""
    modules = (
        official_accounts, qr_codes, friends, linkages, linkage_tokens, list_preparations, jobs,
        templates, broadcasts, segments, list_exports, deliveries, friend_imports, imports,
        conflicts, connection, sending_rules, sync_settings, description,
    )  # fmt: skip
    resources = [module.blueprint for module in modules]
    blueprint = guard_blueprint(Blueprint("api", __name__, url_prefix=PREFIX))
    for resource in resources:
        blueprint.register_blueprint(resource)
    description.describe(app, blueprint, resources)
