"""DOOR: browsers. The team's pages for a signed-in person, and the friends' pages."""

from flask import Blueprint, Flask, request
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect

from plugin.web import (
    accounts,
    conflicts,
    dashboard,
    email,
    email_prepare,
    email_trial,
    entry,
    errors,
    friend_imports,
    friend_liff,
    hubspot,
    imports,
    ledger,
    message_log,
    message_templates,
    people,
    people_tags,
    qr_codes,
    qr_images,
    settings,
    stuck_jobs,
    tapped,
    template_deeds,
)
from plugin.web.blueprint import web
from plugin.web.friend import friend
from plugin.web.language import choose_language, choose_time_zone

# Importing them hangs their routes on the blueprint.
PAGES = (
    accounts, conflicts, dashboard, email, email_prepare, email_trial, entry, errors,
    friend_imports, hubspot, imports, ledger,
    friend_liff, message_log, message_templates, people, people_tags, qr_codes, qr_images,
    settings, stuck_jobs, tapped, template_deeds,
)  # fmt: skip
__all__ = ["PAGES", "blueprints", "init_app"]
csrf = CSRFProtect()


def blueprints() -> list[Blueprint]:
    """The team's pages and the friends' pages."""
    return [web, friend]


def init_app(app: Flask) -> None:
    """Hang the door in, with its languages and its guard against forged posts."""
    app.config.from_mapping(
        # The other doors check a signature or a key: no browser sends those on its own.
        WTF_CSRF_CHECK_DEFAULT=False,
        # Referer says nothing here: friends' pages send none, and proxies change the host.
        WTF_CSRF_SSL_STRICT=False,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
    )
    csrf.init_app(app)
    app.before_request(refuse_forgeries)
    Babel(app, locale_selector=choose_language, timezone_selector=choose_time_zone)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)


def refuse_forgeries() -> None:
    """Every post to a page must come from a page of ours."""
    if request.blueprint in {each.name for each in blueprints()}:
        csrf.protect()
