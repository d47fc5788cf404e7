"""Musubi's and the sandbox's real processes, to be killed: every one started is ended here."""

import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import requests

from plugin.sandbox import SandboxConfig, create_sandbox
from plugin.settings import SANDBOX_BASES, SANDBOX_CREDENTIALS
from tests.support.world import KEY, SECRET_KEY, Sandbox

ROOT = Path(__file__).parents[2]


# Below what systems give to outgoing connections (Linux from 32768 on, IANA's range from 49152 on):
# one of those can be gone before a process that takes seconds to start listens. Each of the
# parallel test processes has its own thousands.
_HOME = 16_000 + 3_000 * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 5)
_PORTS = itertools.cycle(random.sample(range(_HOME, _HOME + 3_000), 3_000))


def free_port() -> int:
    """A port that nobody listens on just now, and that this process has not given out lately."""
    return next(filter(_is_free, _PORTS))


def _is_free(port: int) -> bool:
    with socket.socket() as one, suppress(OSError):
        one.bind(("127.0.0.1", port))
        return True
    return False


def unconfigured() -> dict[str, str]:
    """The shell's environment without Musubi's settings."""
    left_out = ("HUBSPOT_", "LINE_", "DATABASE_URL", "CELERY", "BASE_URL", "SECRET", "ENCRYPT")
    return {name: text for name, text in os.environ.items() if not name.startswith(left_out)}


# The bounds are for an idle machine and only end a test that hangs, so a busy one gets more.
BUSY = 4


def wait_until(
    true: Callable[[], object],
    seconds: float,
    what: str,
    instead: Callable[[], object] = lambda: "",
) -> None:
    """Ask until it is so; fails by name, and tells what is the case `instead`."""
    end = time.monotonic() + BUSY * seconds
    while not true():
        assert time.monotonic() < end, f"{what}: not within {BUSY * seconds} s {instead()}"
        time.sleep(0.05)


class Process:
    """One child with its output in a file."""

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        self.log = folder / f"{Path(arguments[0]).stem}-{time.monotonic_ns()}.log"
        with self.log.open("wb") as out:
            self.child = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", **env},
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self.child.poll() is None

    def kill(self) -> None:
        """-9 for it and the children it made; nothing of it gets to say goodbye."""
        # Its children may live although it is dead.
        with suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait(10)

    def stop(self, seconds: float = 15) -> float:
        """SIGTERM; answers how long it took to end."""
        began = time.monotonic()
        self.child.terminate()
        try:
            self.child.wait(seconds)
        finally:
            self.kill()
        return time.monotonic() - began


class SandboxProcess(Sandbox):
    """The sandbox in a process of its own, without rate limits unless told."""

    def __init__(self, musubi: str, folder: Path, *more: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        target = ["--port", str(port), "--base-url", self.url, "--target", musubi]
        modules = ["-m", "plugin.sandbox", *target, "--no-limits", *more]
        self.process = Process(modules, {}, folder)
        # Never served: it tells the constants of the default world.
        self.app = create_sandbox(SandboxConfig(self.url, musubi))
        wait_until(lambda: answers(f"{self.url}/control/limits"), 20, "the sandbox answers")


def answers(url: str) -> bool:
    """Whether somebody is there."""
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def environment(musubi: str, sandbox: str, database: str, **more: str) -> dict[str, str]:
    """Settings of a process that shares address, keys and database with the tests' own app."""
    bases = {name: sandbox + path for name, path in SANDBOX_BASES.items()}
    return {
        **SANDBOX_CREDENTIALS,
        **bases,
        "BASE_URL": musubi,
        "DATABASE_URL": database,
        "SECRET_KEY": SECRET_KEY,
        "ENCRYPTION_KEYS": KEY,
        "LOG_FORMAT": "json",
        **more,
    }


class Musubi(Process):
    """`python app.py`: it serves, and its worker process works."""

    def __init__(self, env: Mapping[str, str], folder: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        super().__init__([str(ROOT / "app.py")], {**env, "PORT": str(port)}, folder)

    @property
    def is_ready(self) -> bool:
        """Whether it serves, and so works."""
        return self.is_alive and answers(f"{self.url}/healthz")

    def wait(self) -> "Musubi":
        """Until it serves."""
        said = self.log.read_text
        wait_until(lambda: self.is_ready or not self.is_alive, 30, "python app.py", said)
        assert self.is_alive, said()
        return self

    def worker(self) -> int:
        """The process id of its worker, once it has one."""
        found: list[int] = []

        def looked() -> list[int]:
            found[:] = children_of(self.child.pid)
            return found

        wait_until(looked, 30, f"a worker, {self.log}")
        return found[0]

    def kill_worker(self) -> None:
        """-9 for the worker alone; who serves goes on."""
        with suppress(ProcessLookupError):
            os.kill(self.worker(), signal.SIGKILL)

    def kill_some(self, chance: random.Random) -> None:
        """-9 for the worker, for who serves, or for both."""
        chance.choice([self.kill_worker, self.kill_alone, self.kill])()

    def kill_alone(self) -> None:
        """-9 for who serves; the worker is left to itself."""
        self.child.kill()
        self.child.wait(10)


def children_of(pid: int) -> list[int]:
    """The processes that this one has made and that live."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if parent == str(pid) and state != "Z":
                found.append(int(stat.parent.name))
    return found


def is_there(pid: int) -> bool:
    """Whether a process lives, whoever is its parent."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Nursery:
    """Makes Musubi processes by forking; see `tests.support.nursery`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parent = subprocess.Popen(
            [sys.executable, "-m", "tests.support.nursery"],
            cwd=ROOT,
            env=unconfigured(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._line() == "ready"

    def make(self, env: Mapping[str, str], folder: Path = ROOT) -> "Forked":
        """One more process, started in a folder."""
        return Forked(self, env, folder)

    def ask(self, env: Mapping[str, str], log: Path, folder: Path) -> int:
        """Answers the process id."""
        assert self.parent.stdin is not None
        told = {"env": dict(env), "log": str(log), "folder": str(folder)}
        print(json.dumps(told), file=self.parent.stdin, flush=True)
        return int(self._line())

    def _line(self) -> str:
        assert self.parent.stdout is not None
        return self.parent.stdout.readline().strip()

    def close(self) -> None:
        """No more children; the living are not touched."""
        assert self.parent.stdin is not None
        self.parent.stdin.close()
        self.parent.wait(10)


class Forked:
    """A Musubi process of the nursery."""

    def __init__(self, nursery: Nursery, env: Mapping[str, str], folder: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = nursery.folder / f"forked-{port}.log"
        self.pid = nursery.ask({**env, "PORT": str(port)}, self.log, folder)

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return is_there(self.pid)

    def wait(self) -> "Forked":
        """Until it serves."""
        wait_until(lambda: answers(f"{self.url}/healthz"), 30, f"Musubi, {self.log}")
        return self

    def kill(self) -> None:
        """-9."""
        if self.is_alive:
            os.kill(self.pid, signal.SIGKILL)
            wait_until(lambda: not self.is_alive, 10, "the end of a killed process")


class CeleryWorker(Process):
    """`celery -A app.celery worker`."""

    def __init__(self, env: Mapping[str, str], folder: Path, *more: str) -> None:
        name = f"worker-{time.monotonic_ns()}@test"
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        options = ["-l", "info", "-n", name, *quiet, *more]
        modules = ["-m", "celery", "-A", "app.celery", "worker", *options]
        super().__init__(modules, env, folder)

    def wait(self) -> "CeleryWorker":
        """Until it listens to its queues."""
        wait_until(lambda: b" ready." in self.log.read_bytes(), 40, f"celery, {self.log}")
        return self


Mortal = TypeVar("Mortal", bound="Process | Forked")


@contextmanager
def ending(*processes: Mortal) -> Iterator[list[Mortal]]:
    """These, and whatever is put into the list inside, are over afterwards, come what may."""
    living = list(processes)
    try:
        yield living
    finally:
        for process in living:
            process.kill()
