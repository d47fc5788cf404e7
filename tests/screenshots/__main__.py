"""`make screenshots`: the pictures of the README and the guides, of a shop that really ran here.

Needs Chromium. A clock that stands still and a shop that always does the same make pictures that
differ only where a page does.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from plugin.gateways.line.sdk import client_parts
from plugin.models import db
from plugin.web.guides.reading import LANGUAGES, PICTURES
from tests.screenshots.shop import Shop
from tests.screenshots.shots import jobs
from tests.simulation.times import frozen_clocks
from tests.support.databases import migrate, not_synced
from tests.support.world import Sandbox, Socket, World, make_app, settings_for


@contextmanager
def opened(folder: Path) -> Iterator[World]:
    """Musubi and the sandbox, served to each other, with an empty database."""
    socket = Socket()
    sandbox = Sandbox(socket.url)
    sandbox.control("POST", "/limits", {"hubspot": False, "line": False})
    settings = settings_for(socket.url, sandbox.url, f"sqlite:///{folder / 'musubi.db'}", folder)
    app = socket.app = not_synced(make_app(settings))
    migrate(app)
    yield World(app, socket.url, sandbox)
    socket.close()
    sandbox.socket.close()


def load_sdks() -> None:
    """Before the clock stands still: classes that are made of dates cannot be made afterwards."""
    import_module("hubspot.oauth")
    client_parts()


def main(names: list[str]) -> None:
    """Take all pictures, or those whose names begin with one of `names`."""
    PICTURES.mkdir(exist_ok=True)
    load_sdks()
    for language in LANGUAGES:
        with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as world:
            with world.app.app_context():
                engine = db.engine
            with frozen_clocks(engine) as clock:
                shop = Shop(world, clock, language)
                shop.live()
                # A sign-in lasts a day at most.
                shop.tenant.walker = world.install().walker
                _photograph(world, jobs(shop, names))


def _photograph(world: World, shots: list[dict[str, object]]) -> None:
    """In a process of its own, whose clock runs: browsers wait by it."""
    camera = [sys.executable, "-m", "tests.screenshots.camera"]
    order = json.dumps({"url": world.url, "shots": shots})
    subprocess.run(camera, input=order, text=True, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
