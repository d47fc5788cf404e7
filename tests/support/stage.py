"""Where processes are killed and measured: Musubi in this process, the sandbox in its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from plugin.models import db
from tests.support.processes import SandboxProcess, ending, environment
from tests.support.world import Socket, Tenant, World, make_app, settings_for


@dataclass
class Stage:
    """One tenant, and what further processes need to join."""

    folder: Path
    world: World
    tenant: Tenant
    env: dict[str, str]


@contextmanager
def staged(socket: Socket, database: str, folder: Path) -> Iterator[Stage]:
    """An installed portal with an Official Account, all its jobs done; nothing works by itself."""
    sandbox = SandboxProcess(socket.url, folder)
    with ending(sandbox.process):
        app = socket.app = make_app(settings_for(socket.url, sandbox.url, database, folder))
        world = World(app, socket.url, sandbox)
        tenant = world.connect(world.install())
        world.work()
        yield Stage(folder, world, tenant, environment(socket.url, sandbox.url, database))
        with app.app_context():
            db.engine.dispose()
