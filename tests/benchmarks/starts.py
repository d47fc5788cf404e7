"""Seconds from the start of a process to its first answer, beside a bare Flask application."""

import socket
import time
from contextlib import suppress
from statistics import median

from tests.benchmarks.table import Figure
from tests.support.processes import Musubi, Process, ending, free_port
from tests.support.stage import Stage

LOOK_SECONDS = 0.002
ASK = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def starts(stage: Stage, count: int) -> list[Figure]:
    """The middle of several starts; those of the two take turns."""
    bare, ours = [], []
    for _ in range(count):
        bare.append(_bare_start(stage))
        ours.append(_our_start(stage))
    what = "from `python app.py` to the first answer"
    return [Figure(what, "s", median(bare), median(ours))]


def bare_app(stage: Stage) -> tuple[Process, int]:
    """A bare application on the same database, just started, and its port."""
    port = free_port()
    arguments = ["-m", "tests.benchmarks.bare_app", str(port), stage.env["DATABASE_URL"]]
    return Process(arguments, {}, stage.folder), port


def _bare_start(stage: Stage) -> float:
    began = time.monotonic()
    process, port = bare_app(stage)
    with ending(process):
        return first_answer(process, port) - began


def _our_start(stage: Stage) -> float:
    began = time.monotonic()
    musubi = Musubi(stage.env, stage.folder)
    with ending(musubi):
        answered = first_answer(musubi, int(musubi.url.rpartition(":")[2]))
        # Its end must not take the processor from the start that comes next.
        musubi.worker()
        musubi.stop()
        return answered - began


def first_answer(process: Process, port: int) -> float:
    """When it was (monotonic). Asked once, as soon as somebody listens."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.is_alive, process.log.read_text()
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)) as one:
            one.sendall(ASK)
            assert one.recv(1000).startswith(b"HTTP/1.1 200 ")
            return time.monotonic()
        time.sleep(LOOK_SECONDS)
    raise AssertionError(process.log.read_text())
