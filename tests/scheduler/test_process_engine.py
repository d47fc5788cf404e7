"""`python app.py` works in a process of its own: woken, replaced, and never left behind."""

import os
import signal
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from plugin.models.write_lock import turn_to_write
from plugin.scheduler.process_engine import ProcessEngine
from tests.support.crowd import gather, owe_messages
from tests.support.databases import Copies
from tests.support.processes import Musubi, children_of, ending, is_there, wait_until
from tests.support.stage import Stage, staged
from tests.support.world import Socket

NOW, LATER, MUCH_LATER = timedelta(0), timedelta(seconds=2.5), timedelta(hours=1)


class Heard:
    """An engine whose worker writes down what it is told."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "heard"
        self.file.touch()
        self.engine = ProcessEngine("tests.scheduler.listening", {"HEARD": str(self.file)})
        self.engine.start()
        self.until(f"begun by {os.getpid()}")

    def until(self, line: str, times: int = 1) -> None:
        """Wait until the worker has heard this so often."""
        wait_until(lambda: self.lines().count(line) >= times, 20, f"{line!r} in {self.lines()}")

    def lines(self) -> list[str]:
        return self.file.read_text().splitlines()

    @property
    def worker(self) -> int:
        """Its process id."""
        found = self.engine._worker
        assert found is not None
        return found.pid


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[Heard]:
    made = Heard(tmp_path)
    yield made
    made.engine.stop(grace=0)


def test_a_worker_hears_of_what_is_due_soon(heard: Heard) -> None:
    heard.engine.wake_in("import", MUCH_LATER)
    heard.engine.wake_in("sync", LATER)
    heard.engine.wake_in("send", NOW)
    heard.until("send 0.000")
    assert heard.lines()[1:] == ["sync 2.500", "send 0.000"]


def test_a_worker_that_dies_is_replaced_and_hears_again(heard: Heard) -> None:
    for times in (2, 3):
        heard.engine.wake_in("end", NOW)
        heard.until(f"begun by {os.getpid()}", times)
    os.kill(heard.worker, signal.SIGKILL)
    heard.until(f"begun by {os.getpid()}", 4)
    heard.engine.wake_in("send", NOW)
    heard.until("send 0.000")


def test_a_worker_that_stands_still_holds_no_commit_up(heard: Heard) -> None:
    os.kill(heard.worker, signal.SIGSTOP)
    for _ in range(20_000):  # More than any pipe holds.
        heard.engine.wake_in("send", NOW)
    os.kill(heard.worker, signal.SIGCONT)
    heard.until("send 0.000", 1000)


def test_a_worker_that_does_not_end_is_ended(heard: Heard) -> None:
    worker = heard.worker
    os.kill(worker, signal.SIGSTOP)
    heard.engine.stop(grace=0.1)
    assert not is_there(worker)
    heard.engine.wake_in("send", NOW)  # Nobody is there, and nothing is written anywhere.


def test_an_engine_that_never_began_ends_at_once() -> None:
    ProcessEngine("tests.scheduler.listening", {}).stop()


def test_a_worker_that_cannot_start_is_tried_again_ever_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))
    engine = ProcessEngine("tests.scheduler.listening", {})
    monkeypatch.setattr(engine._stopping, "wait", lambda pause: _note(engine, pauses, pause))
    engine.start()
    engine._thread.join(20)
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]


def _note(engine: ProcessEngine, pauses: list[float], pause: float) -> None:
    pauses.append(pause)
    if len(pauses) == 8:
        engine._stopping.set()


def test_writers_of_two_processes_take_turns(tmp_path: Path) -> None:
    """Who has just written stands behind who waits, and a death gives the turn back."""
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    order = tmp_path / "order"
    order.touch()
    began, go_on = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        with turn_to_write(engine):
            os.write(began[1], b"1")
            os.read(go_on[0], 1)
            order.write_text("child")
            os.kill(os.getpid(), signal.SIGKILL)
    os.read(began[0], 1)
    os.write(go_on[1], b"1")
    with turn_to_write(engine):
        assert order.read_text() == "child"
    os.waitpid(child, 0)
    for end in (*began, *go_on):
        os.close(end)


@pytest.fixture
def stage(copies: Copies, musubi_socket: Socket, tmp_path: Path) -> Iterator[Stage]:
    with copies.copy(tmp_path) as url, staged(musubi_socket, url, tmp_path) as here:
        yield here


def send_to_all(stage: Stage, people: int, label: str) -> None:
    """A message for everybody, committed by this process; the other's tick finds it."""
    friends = gather(stage.world, stage.tenant, people, contacts=False).friend_ids
    owe_messages(stage.world, stage.tenant, friends, label)


def arrived(stage: Stage) -> int:
    return int(stage.world.sandbox.control("GET", "/deliveries?summary=1")["count"])


@pytest.mark.kill
@pytest.mark.both_databases
def test_a_killed_worker_is_replaced_and_work_goes_on(stage: Stage) -> None:
    with ending(Musubi(stage.env, stage.folder).wait()) as processes:
        musubi = processes[0]
        assert isinstance(musubi, Musubi)
        first = musubi.worker()
        send_to_all(stage, 5, "one")
        wait_until(lambda: arrived(stage) == 5, 30, "the first messages")
        musubi.kill_worker()
        wait_until(lambda: musubi.worker() != first, 30, "another worker")
        send_to_all(stage, 5, "two")
        wait_until(lambda: arrived(stage) == 10, 30, "the other messages")
        assert musubi.is_ready
        assert "worker_process_ended" in musubi.log.read_text()


@pytest.mark.kill
def test_a_worker_ends_with_its_server_however_that_ends(stage: Stage) -> None:
    for end in (Musubi.kill_alone, Musubi.stop):
        musubi = Musubi(stage.env, stage.folder).wait()
        with ending(musubi):
            worker = musubi.worker()
            end(musubi)
            wait_until(lambda: not is_there(worker), 15, "the end of the worker")  # noqa: B023
            assert children_of(musubi.child.pid) == []


@pytest.mark.kill
def test_a_killed_server_does_not_leave_its_worker_a_copy_of_the_pipe(stage: Stage) -> None:
    """Another process may hold the pipe open; the worker looks who its parent is, too."""
    musubi = Musubi(stage.env, stage.folder).wait()
    with ending(musubi):
        worker = musubi.worker()
        pipe = _writing_end(musubi.child.pid)
        with pipe.open("wb"):
            musubi.kill_alone()
            wait_until(lambda: not is_there(worker), 15, "the end of the worker")


def _writing_end(pid: int) -> Path:
    folder = Path(f"/proc/{pid}/fd")
    pipes = [one for one in folder.iterdir() if str(one.readlink()).startswith("pipe:")]
    return next(one for one in pipes if _is_writable(pid, one.name) and int(one.name) > 2)


def _is_writable(pid: int, number: str) -> bool:
    flags = Path(f"/proc/{pid}/fdinfo/{number}").read_text().split("flags:")[1].split()[0]
    return bool(int(flags, 8) & os.O_WRONLY)
