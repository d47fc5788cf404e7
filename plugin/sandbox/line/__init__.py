"""LINE's half of the sandbox: Messaging API, LINE Login, LIFF, and the phones that use them."""

from flask import Blueprint

from plugin.sandbox.line import console, control_line
from plugin.sandbox.line.api import (
    account_link,
    content,
    coupons,
    liff_apps,
    messages,
    people,
    quota,
    rich_menus,
    statistics,
    tokens,
    webhook_settings,
)
from plugin.sandbox.line.api import login as login_api
from plugin.sandbox.line.api.answers import unknown_routes
from plugin.sandbox.line.login import liff_open, line_me
from plugin.sandbox.line.login import pages as login_pages
from plugin.sandbox.line.phone import pages as phone_pages
from plugin.sandbox.line.phone import pictures, taps
from plugin.sandbox.line.seed import seed

__all__ = ["blueprints", "seed"]


def blueprints() -> list[Blueprint]:
    return [
        tokens.blueprint,
        messages.blueprint,
        quota.blueprint,
        statistics.blueprint,
        people.blueprint,
        rich_menus.blueprint,
        coupons.blueprint,
        webhook_settings.blueprint,
        content.blueprint,
        login_api.blueprint,
        login_pages.blueprint,
        account_link.blueprint,
        liff_apps.blueprint,
        liff_open.blueprint,
        line_me.blueprint,
        phone_pages.blueprint,
        taps.blueprint,
        pictures.blueprint,
        console.blueprint,
        control_line.blueprint,
        unknown_routes(),
    ]
