"""One process, threads, a production server: migrate, start the engine, serve, end gracefully."""

import signal
import sys
from types import FrameType

import click
import waitress
from flask import Flask
from flask_migrate import upgrade

from plugin.doorway import outside
from plugin.settings import Settings

THREADS = 24


def serve(app: Flask) -> None:
    """Run until SIGTERM or Ctrl-C."""
    with app.app_context():
        settings = outside().settings
        upgrade()
    engine = app.extensions["musubi_engine"]
    if settings.scheduler:
        engine.start()
    server = waitress.create_server(
        app, host="0.0.0.0", port=settings.port, threads=THREADS, connection_limit=1000,  # noqa: S104
        backlog=1024, ident=None, clear_untrusted_proxy_headers=True,
    )  # fmt: skip
    signal.signal(signal.SIGTERM, _stop)
    _say_hello(settings)
    try:
        server.run()
    except (KeyboardInterrupt, SystemExit):
        click.echo("Musubi is finishing the work in hand.")
    finally:
        engine.stop()
        server.close()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _say_hello(settings: Settings) -> None:
    click.echo(f"Musubi      {settings.base_url}")
    if settings.sandbox:
        click.echo(
            f"Sandbox     {settings.base_url}/sandbox/   (a HubSpot portal and a LINE phone)"
        )
        click.echo("Begin with  Install into HubSpot; nothing leaves this machine.")
