"""LINE's half of the sandbox: Messaging API, LINE Login, LIFF, and the phones that use them."""

from flask import Blueprint

from plugin.sandbox.line import (
    account_link,
    console,
    content,
    control_line,
    liff_apps,
    liff_open,
    line_me,
    login_api,
    login_pages,
    messages,
    people,
    phone,
    phone_taps,
    pictures,
    quota,
    rich_menus,
    tokens,
    webhook_settings,
)
from plugin.sandbox.line.answers import unknown_routes
from plugin.sandbox.line.seed import seed

__all__ = ["blueprints", "seed"]


def blueprints() -> list[Blueprint]:
    """Every route that LINE's servers, consoles and phones answer."""
    return [
        tokens.blueprint,
        messages.blueprint,
        quota.blueprint,
        people.blueprint,
        rich_menus.blueprint,
        webhook_settings.blueprint,
        content.blueprint,
        login_api.blueprint,
        login_pages.blueprint,
        account_link.blueprint,
        liff_apps.blueprint,
        liff_open.blueprint,
        line_me.blueprint,
        phone.blueprint,
        phone_taps.blueprint,
        pictures.blueprint,
        console.blueprint,
        control_line.blueprint,
        unknown_routes(),
    ]
