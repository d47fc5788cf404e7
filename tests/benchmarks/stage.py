"""A stage on a database of one kind, made for a bench and removed after it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.databases import Copies, PostgresCopies, SQLiteCopies, migrate, postgres_is_there
from tests.support.stage import Stage, staged
from tests.support.world import Socket, make_app, settings_for


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
        with copies.copy(folder) as url, staged(socket, url, folder) as here:
            yield here
        copies.close()
        socket.close()
