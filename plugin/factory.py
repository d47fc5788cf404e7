"""Musubi links HubSpot contacts with LINE friends; `create_app` wires the application."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask

if TYPE_CHECKING:
    from plugin.gateways import Gateways
    from plugin.settings import Settings

ROOT = Path(__file__).parent
DEFINITION = ROOT.parent / "hubspot-app.json"


def create_app(
    settings: "Settings | None" = None,
    gateways: "Gateways | None" = None,
    serves: bool = True,
) -> Flask:
    """Return the application with its database, but with nothing running. One that only works has
    no entry points, and the sandbox is another process's."""
    from plugin.logs import configure_logs
    from plugin.settings import Settings

    settings = settings or Settings.from_env()
    configure_logs(settings.log_format)
    app = Flask(__name__, instance_path=str(settings.instance))
    app.config.update(_config(settings))
    wire_database(app, settings)
    if settings.sandbox and serves:
        _refuse_real_portals(app)
    wire_dependencies(app, settings, gateways)
    wire_engine(app, settings)
    if serves:
        wire_entry_points(app, settings)
    if settings.sandbox and serves:
        _mount_sandbox(app, settings)
    return app


def _config(settings: "Settings") -> dict[str, Any]:
    from plugin.headers import host_only

    return {
        "SECRET_KEY": settings.secret_keys[0],
        "SECRET_KEY_FALLBACKS": list(settings.secret_keys[1:]),
        "SESSION_COOKIE_NAME": host_only("musubi") if settings.secure else "musubi",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure,
        "MAX_CONTENT_LENGTH": 4 * 1024 * 1024,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(settings.database_url),
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
    }


def _engine_options(url: str) -> dict[str, Any]:
    # Room for every thread that may work at once; errors must not repeat the written values.
    if url.startswith("sqlite"):
        connecting = {"timeout": 15, "check_same_thread": False}
        return {"pool_size": 64, "hide_parameters": True, "connect_args": connecting}
    from plugin.models.limits import client_limits

    return {
        "pool_size": 20,
        "max_overflow": 40,
        "hide_parameters": True,
        "connect_args": client_limits(url),
    }


def wire_database(app: Flask, settings: "Settings") -> None:
    from cryptography.fernet import Fernet, MultiFernet

    from plugin.migrating import wire_migrations
    from plugin.models import db
    from plugin.models.database_files import make_private
    from plugin.models.engine import prepare_engine

    settings.instance.mkdir(parents=True, exist_ok=True)
    make_private(settings.database_url)
    app.extensions["musubi_seal"] = MultiFernet([Fernet(key) for key in settings.encryption_keys])
    db.init_app(app)
    if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
        # `flask db` expects it; a server loads it only where the database has to be brought up.
        wire_migrations(app)
    with app.app_context():
        prepare_engine(db.engine)


def _refuse_real_portals(app: Flask) -> None:
    # The sandbox's secrets are published: they must not open real portals to anybody.
    from plugin.models import db
    from plugin.models.database_wait import wait_for_database
    from plugin.models.migration_lock import file_lock
    from plugin.services.system.readiness import real_portals
    from plugin.settings import SettingsError

    with app.app_context():
        wait_for_database(db.engine)
        with file_lock(db.engine):
            portals = real_portals()
    if portals:
        raise SettingsError(
            "Musubi cannot start:\n  - The database holds HubSpot accounts that are not the"
            f" sandbox's ({', '.join(map(str, portals[:5]))}), and HUBSPOT_CLIENT_ID,"
            " HUBSPOT_CLIENT_SECRET and HUBSPOT_APP_ID are missing: set them, or give the sandbox"
            " another DATABASE_URL"
        )


def wire_dependencies(app: Flask, settings: "Settings", gateways: "Gateways | None") -> None:
    from plugin.services import Dependencies

    app.extensions["musubi"] = Dependencies(settings, gateways or _default_gateways(app, settings))


def _default_gateways(app: Flask, settings: "Settings") -> "Gateways":
    from plugin.gateways.live import live_gateways
    from plugin.models.transaction import before_call
    from plugin.services.connections.access_token import renew_token
    from plugin.services.system.rate_limits import DatabaseMeter

    scopes = json.loads(DEFINITION.read_text(encoding="utf-8"))["scopes"]
    return live_gateways(
        settings,
        DatabaseMeter(),
        before_call,
        required_scopes=scopes["required"],
        optional_scopes=scopes["optional"],
        renew=lambda portal, dead: renew_token(app.extensions["musubi"], portal, dead),
    )


def wire_engine(app: Flask, settings: "Settings") -> None:
    from plugin.scheduler import make_engine
    from plugin.scheduler.wakeups import listen_for_enqueued

    app.extensions["musubi_engine"] = make_engine(app, settings.celery_broker_url)
    listen_for_enqueued()


def wire_entry_points(app: Flask, settings: "Settings") -> None:
    from plugin import (
        actions,
        agents,
        api,
        availability,
        clean_request,
        commands,
        compression,
        headers,
        monitoring,
        row_ids,
        static_names,
        web,
        webhooks,
    )

    # The last to see a response is the first to be registered.
    compression.init_app(app)
    headers.init_app(app, settings.base_url)
    static_names.init_app(app)
    availability.init_app(app)
    row_ids.init_app(app)
    clean_request.init_app(app)
    for entry_point in (web, actions, webhooks, api, agents, monitoring):
        entry_point.init_app(app)
    commands.init_app(app)


def _mount_sandbox(app: Flask, settings: "Settings") -> None:
    from dataclasses import replace
    from functools import partial

    from werkzeug.middleware.dispatcher import DispatcherMiddleware

    from plugin.gateways.live import live_mail
    from plugin.models.transaction import before_call
    from plugin.sandbox import (
        SandboxConfig,
        account_to_connect,
        close_sandbox,
        create_sandbox,
        mail_url,
    )

    config = SandboxConfig(
        base_url=f"{settings.base_url}/sandbox",
        target=settings.base_url,
        store=settings.instance / "sandbox.db",
    )
    sandbox = create_sandbox(config)
    app.extensions["musubi_at_end"] = partial(close_sandbox, sandbox)
    app.config["SANDBOX_ACCOUNT"] = account_to_connect(sandbox)
    deps = app.extensions["musubi"]
    if deps.gateways.mail is None:
        # The worker process sends mail, too.
        app.extensions["musubi_worker_settings"] = lambda: {"SMTP_URL": mail_url(sandbox)}
        mail = live_mail(lambda: mail_url(sandbox), settings, before_call)
        gateways = replace(deps.gateways, mail=mail)
        app.extensions["musubi"] = replace(deps, gateways=gateways)
    app.wsgi_app = DispatcherMiddleware(  # type: ignore[method-assign]
        app.wsgi_app, {"/sandbox": sandbox}
    )
