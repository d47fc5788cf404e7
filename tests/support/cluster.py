"""A PostgreSQL server of one's own, to be restarted at will: nobody else's work is on it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import free_port

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
# The server refuses to be root.
OWNER = "nobody" if os.geteuid() == 0 else None


def program(name: str) -> str | None:
    """Where PostgreSQL's own programs are; distributions keep them out of PATH."""
    found = [path for place in PLACES for path in sorted(Path("/").glob(f"{place[1:]}/{name}"))]
    return str(found[-1]) if found else shutil.which(name)


class Cluster:
    """One server with one database."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"
        self._run("initdb", "--username", "postgres", "--auth", "trust", "--no-sync")

    def start(self) -> None:
        """Until it answers."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        self._run("pg_ctl", "-o", options, "-l", str(self.folder / "log"), "-w", "start")

    def crash(self) -> None:
        """As when the machine loses power: no goodbye to anybody, recovery at the next start."""
        self._run("pg_ctl", "-m", "immediate", "-w", "stop")

    def _run(self, name: str, *arguments: str) -> None:
        path = program(name)
        assert path is not None
        command = [path, "-D", str(self.folder / "data"), *arguments]
        subprocess.run(command, user=OWNER, cwd=self.folder, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A running server, gone afterwards."""
    if OWNER:
        shutil.chown(folder, OWNER)
    made = Cluster(folder)
    made.start()
    try:
        yield made
    finally:
        made.crash()
