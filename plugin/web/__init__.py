"""Entry point: browsers. The team's pages behind a sign-in, and the friends' pages."""

from flask import Blueprint, Flask, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from plugin.core.visit_limits import VisitLimiter
from plugin.web import (
    bidi,
    bodies,
    broadcasts,
    chosen_account,
    dashboard,
    email,
    errors,
    friends,
    guides,
    imports,
    inbox,
    log,
    login_flow,
    media,
    message_templates,
    qr_codes,
    search,
    segments,
    settings,
    sign_in,
    sync_settings,
)
from plugin.web.blueprint import web
from plugin.web.language import choose_language, choose_time_zone
from plugin.web.login_flow.responses import too_many_visits
from plugin.web.visit_limits import RATE, seconds_to_wait

# Importing them registers their routes on the blueprint of pages without a folder.
PAGES = (chosen_account, dashboard, errors, search, sign_in)
__all__ = ["PAGES", "blueprints", "init_app"]
csrf = CSRFProtect()


def blueprints() -> list[Blueprint]:
    return [
        web,
        broadcasts.blueprint,
        email.blueprint,
        friends.blueprint,
        guides.blueprint,
        imports.blueprint,
        inbox.blueprint,
        inbox.live,
        log.blueprint,
        media.blueprint,
        media.files,
        message_templates.blueprint,
        qr_codes.blueprint,
        segments.blueprint,
        settings.blueprint,
        sync_settings.blueprint,
        login_flow.blueprint,
    ]


def init_app(app: Flask) -> None:
    """Register the pages, their languages and the guard against forged posts."""
    app.config.from_mapping(
        # The other entry points check a signature or a key, which no browser sends on its own.
        WTF_CSRF_CHECK_DEFAULT=False,
        # The Referer proves nothing: friends' pages send none, and proxies change the host.
        WTF_CSRF_SSL_STRICT=False,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
    )
    app.extensions["musubi_visits"] = VisitLimiter(RATE)
    # Before the CSRF guard, which reads the form.
    bodies.init_app(app)
    csrf.init_app(app)
    app.before_request(slow_down)
    app.before_request(refuse_forgeries)
    bidi.IsolatingBabel(app, locale_selector=choose_language, timezone_selector=choose_time_zone)
    bidi.init_app(app)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)


def slow_down() -> Response | None:
    # Ask friends who come too often to wait, before anything is looked up or counted for them.
    seconds = seconds_to_wait() if request.blueprint == login_flow.blueprint.name else 0
    return too_many_visits(seconds) if seconds else None


def refuse_forgeries() -> None:
    if request.blueprint in {blueprint.name for blueprint in blueprints()}:
        csrf.protect()
