"""DOOR: browsers. The admin's pages for a signed-in person, and the friends' pages."""

from flask import Blueprint

# Importing a module of pages hangs its routes on the blueprint.
from plugin.web import accounts, dashboard, entry, errors, people, qr_codes, qr_images, settings
from plugin.web.blueprint import web
from plugin.web.friend import friend

__all__ = [
    "accounts", "blueprints", "dashboard", "entry", "errors", "people", "qr_codes", "qr_images",
    "settings",
]  # fmt: skip


def blueprints() -> list[Blueprint]:
    """What the factory registers, at the root."""
    return [web, friend]
