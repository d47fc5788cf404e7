"""`python app.py`: migrate, start the engine, serve, end gracefully."""

import contextlib
import os
import signal
import sys
import threading

import click
from flask import Flask

from plugin.guards import get_deps
from plugin.loaded_objects import freeze_loaded_objects
from plugin.migrating import upgrade_database
from plugin.models.base import db
from plugin.models.database_files import close_database
from plugin.models.database_wait import DatabaseUnreachable, wait_for_database
from plugin.models.migration_lock import file_lock
from plugin.models.revision import database_revision, known_revisions, newest_revision
from plugin.models.transaction import close_reads
from plugin.scheduler.process_engine import ProcessEngine
from plugin.server import PortTaken, listen_on, make_server
from plugin.services.system.readiness import count_unreadable_secrets
from plugin.settings import Settings

WORKER = "plugin.work"


def serve(app: Flask, worker: str | None = WORKER) -> None:
    """Serve until told to end. The jobs run in a process of this module, or in this one for None;
    with a broker, they run in Celery's workers."""
    with app.app_context():
        settings = get_deps().settings
        try:
            # Before anything else, so that a second start by mistake changes nothing.
            bound = listen_on(settings.port)
        except PortTaken as error:
            sys.exit(str(error))
        _prepare()
    freeze_loaded_objects()
    if worker is not None:
        _use_worker_process(app, worker)
    engine = app.extensions["musubi_engine"]
    if settings.scheduler:
        engine.start()
    # Counting visits decides whether to trust X-Forwarded-For.
    server = make_server(app, bound, settings.sandbox, proxied=bool(settings.trusted_proxies))
    # Jobs end beside the requests in progress, so that both together fit into the grace period.
    ending = threading.Thread(target=engine.stop, daemon=True)
    signal.signal(signal.SIGTERM, lambda _signal, _frame: _end(ending))
    _print_addresses(settings)
    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        server.run()
    if not ending.ident:
        ending.start()
    ending.join()
    server.close()
    with app.app_context():
        close_database()
    app.extensions.get("musubi_at_end", lambda: None)()
    sys.stdout.flush()
    # A request that hangs in a call would hold the process.
    os._exit(0)


def _prepare() -> None:
    try:
        wait_for_database(db.engine)
    except DatabaseUnreachable as error:
        sys.exit(str(error))
    with file_lock(db.engine):
        revision = database_revision()
        # These reads saw the database before the migrations.
        close_reads()
    if revision and revision not in known_revisions():
        sys.exit(
            f"The database belongs to a newer Musubi (revision {revision}). Start that version, or"
            " restore a backup from before it."
        )
    if revision != newest_revision():
        upgrade_database()
    foreign = count_unreadable_secrets()
    if foreign:
        sys.exit(
            f"ENCRYPTION_KEYS does not open {foreign} of the secrets in the database. Add the key"
            " with which they were stored; several are separated by commas, newest first."
        )
    close_reads()


def _use_worker_process(app: Flask, module: str) -> None:
    if "celery" not in app.extensions:
        more_settings = app.extensions.get("musubi_worker_settings", dict)()
        app.extensions["musubi_engine"] = ProcessEngine(module, more_settings)


def _end(ending: threading.Thread) -> None:
    if not ending.ident:
        click.echo("Musubi is finishing the work in hand.")
        ending.start()
    sys.exit(0)


def _print_addresses(settings: Settings) -> None:
    click.echo(f"Musubi      {settings.base_url}")
    if settings.sandbox:
        click.echo(
            f"Sandbox     {settings.base_url}/sandbox/   (a HubSpot portal and a LINE phone)"
        )
        click.echo("Begin with  Install into HubSpot; nothing leaves this machine.")
