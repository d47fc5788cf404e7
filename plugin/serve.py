"""One process, threads, a production server: migrate, start the engine, serve, end gracefully."""

import contextlib
import gc
import os
import signal
import sys
import threading

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
    _spare_the_collector()
    engine = app.extensions["musubi_engine"]
    if settings.scheduler:
        engine.start()
    server = waitress.create_server(
        app, host="0.0.0.0", port=settings.port, threads=THREADS, connection_limit=1000,  # noqa: S104
        backlog=1024, ident=None, clear_untrusted_proxy_headers=True,
    )  # fmt: skip
    # Work ends beside the requests in hand, so that both together take no longer than the grace.
    ending = threading.Thread(target=engine.stop, daemon=True)
    signal.signal(signal.SIGTERM, lambda _signal, _frame: _end(ending))
    _say_hello(settings)
    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        server.run()
    if not ending.ident:
        ending.start()
    ending.join()
    server.close()
    sys.stdout.flush()
    # A step that hangs in a call would hold the process; its job has been returned.
    os._exit(0)


def _spare_the_collector() -> None:
    """What is loaded by now stays for good; looking through it costs a tenth of the work."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


def _end(ending: threading.Thread) -> None:
    if not ending.ident:
        click.echo("Musubi is finishing the work in hand.")
        ending.start()
    sys.exit(0)


def _say_hello(settings: Settings) -> None:
    click.echo(f"Musubi      {settings.base_url}")
    if settings.sandbox:
        click.echo(
            f"Sandbox     {settings.base_url}/sandbox/   (a HubSpot portal and a LINE phone)"
        )
        click.echo("Begin with  Install into HubSpot; nothing leaves this machine.")
