"""Musubi as its operator starts it, with the sandbox as the platforms."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.databases import Copies
from tests.support.processes import ROOT, Process, answers, ending, free_port, wait_until
from tests.support.stage import Stage, staged
from tests.support.world import Socket


@dataclass
class Served:
    """One `python app.py` at its own address, and the stage whose tenant it serves."""

    stage: Stage
    process: Process
    url: str

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    @property
    def is_well(self) -> bool:
        """Whether it answers, on a busy machine within seconds, and lives."""
        wait_until(lambda: answers(f"{self.url}/healthz"), 2, f"an answer, {self.process.log}")
        return self.process.is_alive

    def log_lines(self) -> int:
        """How many lines it has written."""
        return len(self.process.log.read_bytes().splitlines())


@pytest.fixture
def stage(copies: Copies, musubi_socket: Socket, tmp_path: Path) -> Iterator[Stage]:
    """One tenant, in a database that the process shares."""
    with copies.copy(tmp_path) as url, staged(musubi_socket, url, tmp_path) as here:
        yield here


@pytest.fixture
def served(stage: Stage) -> Iterator[Served]:
    """A running process. Its BASE_URL is where it is, so that calls can be signed for it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    env = {**stage.env, "BASE_URL": url, "PORT": str(port), "TMPDIR": str(stage.folder)}
    process = Process([str(ROOT / "app.py")], env, stage.folder)
    with ending(process):
        wait_until(lambda: answers(f"{url}/healthz"), 30, f"python app.py, {process.log}")
        yield Served(stage, process, url)
