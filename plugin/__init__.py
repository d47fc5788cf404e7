"""Musubi: HubSpot contacts and LINE friends, tied together. `create_app` wires all of it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask

if TYPE_CHECKING:
    from plugin.gateways import Gateways
    from plugin.settings import Settings

ROOT = Path(__file__).parent
DEFINITION = ROOT.parent / "hubspot-app.json"


def create_app(settings: "Settings | None" = None, gateways: "Gateways | None" = None) -> Flask:
    """The whole application, with its database but without anything running.

    `settings` are read from the environment and `gateways` are the live ones unless given.
    """
    from plugin.logs import configure_logs
    from plugin.settings import Settings

    settings = settings or Settings.from_env()
    configure_logs(settings.log_format)
    app = Flask(__name__, instance_path=str(settings.instance))
    app.config.update(_config(settings))
    _wire_database(app, settings)
    _wire_outside(app, settings, gateways)
    _wire_engine(app, settings)
    _wire_doors(app)
    if settings.sandbox:
        _mount_sandbox(app, settings)
    return app


def _config(settings: "Settings") -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_keys[0],
        "SECRET_KEY_FALLBACKS": list(settings.secret_keys[1:]),
        "SESSION_COOKIE_NAME": "musubi",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure,
        "MAX_CONTENT_LENGTH": 4 * 1024 * 1024,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(settings.database_url),
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
    }


def _engine_options(url: str) -> dict[str, Any]:
    """Connections for every thread that may work at once."""
    if url.startswith("sqlite"):
        return {"pool_size": 64, "connect_args": {"timeout": 15, "check_same_thread": False}}
    return {"pool_size": 20, "max_overflow": 40}


def _wire_database(app: Flask, settings: "Settings") -> None:
    from cryptography.fernet import Fernet, MultiFernet
    from flask_migrate import Migrate

    from plugin.models import db
    from plugin.models.base import prepare_engine

    settings.instance.mkdir(parents=True, exist_ok=True)
    app.extensions["musubi_seal"] = MultiFernet([Fernet(key) for key in settings.encryption_keys])
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    with app.app_context():
        prepare_engine(db.engine)


def _wire_outside(app: Flask, settings: "Settings", gateways: "Gateways | None") -> None:
    from plugin.services import Outside

    app.extensions["musubi"] = Outside(settings, gateways or _live(settings))


def _live(settings: "Settings") -> "Gateways":
    from plugin.gateways.live import live_gateways
    from plugin.models.base import close_reads
    from plugin.services.budget import DatabaseMeter

    scopes = json.loads(DEFINITION.read_text(encoding="utf-8"))["scopes"]
    return live_gateways(
        settings,
        DatabaseMeter(),
        close_reads,
        required_scopes=scopes["required"],
        optional_scopes=scopes["optional"],
    )


def _wire_engine(app: Flask, settings: "Settings") -> None:
    from plugin.scheduler import make_engine
    from plugin.scheduler.nudge import listen_for_plants

    app.extensions["musubi_engine"] = make_engine(app, settings.celery_broker_url)
    listen_for_plants()


def _wire_doors(app: Flask) -> None:
    from plugin import actions, api, commands, operators, web, webhooks

    for door in (web, actions, webhooks, api, operators):
        door.init_app(app)
    commands.init_app(app)


def _mount_sandbox(app: Flask, settings: "Settings") -> None:
    from dataclasses import replace

    from werkzeug.middleware.dispatcher import DispatcherMiddleware

    from plugin.gateways.live import live_mail
    from plugin.models.base import close_reads
    from plugin.sandbox import SandboxConfig, account_to_connect, create_sandbox, mail_url

    config = SandboxConfig(
        base_url=f"{settings.base_url}/sandbox",
        target=settings.base_url,
        store=settings.instance / "sandbox.db",
    )
    sandbox = create_sandbox(config)
    app.config["SANDBOX_ACCOUNT"] = account_to_connect(sandbox)
    outside = app.extensions["musubi"]
    if outside.gateways.mail is None:
        mail = live_mail(lambda: mail_url(sandbox), settings, close_reads)
        gateways = replace(outside.gateways, mail=mail)
        app.extensions["musubi"] = replace(outside, gateways=gateways)
    app.wsgi_app = DispatcherMiddleware(  # type: ignore[method-assign]
        app.wsgi_app, {"/sandbox": sandbox}
    )
