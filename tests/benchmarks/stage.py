"""Where a bench takes place: a migrated database, Musubi in this process, the sandbox in its own."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from plugin.models import db
from tests.databases import Copies, PostgresCopies, SQLiteCopies, migrate, postgres_is_there
from tests.processes import SandboxProcess, ending, environment
from tests.world import Socket, Tenant, World, make_app, settings_for


@dataclass
class Stage:
    """One database kind, one tenant, and what further processes need to join."""

    database: str
    folder: Path
    world: World
    tenant: Tenant
    env: dict[str, str]


def databases() -> list[str]:
    """The kinds that are here."""
    return ["sqlite", "postgresql"] if postgres_is_there() else ["sqlite"]


@contextmanager
def stage(database: str) -> Iterator[Stage]:
    """An installed portal with an Official Account, all its jobs done."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copies: Copies = SQLiteCopies(folder) if database == "sqlite" else PostgresCopies()
        socket = Socket()
        migrate(make_app(settings_for(socket.url, socket.url, copies.template_url, folder)))
        sandbox = SandboxProcess(socket.url, folder)
        with ending(sandbox.process), copies.copy(folder) as url:
            app = socket.app = make_app(settings_for(socket.url, sandbox.url, url, folder))
            world = World(app, socket.url, sandbox)
            tenant = world.connect(world.install())
            world.work()
            yield Stage(database, folder, world, tenant, environment(socket.url, sandbox.url, url))
            with app.app_context():
                db.engine.dispose()
        copies.close()
        socket.close()
