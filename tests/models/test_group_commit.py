"""Short writes of many threads share a commit on SQLite, and nothing else."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import IntegrityError

from plugin.models.engine import prepare_engine
from plugin.models.group_commit import MOST, commit_together
from plugin.models.lock_wait import DatabaseBusy, reset_write_deadline, set_write_deadline
from plugin.models.write_lock import write_lock

WRITERS = 24


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = create_engine(
        f"sqlite:///{tmp_path / 'x.db'}", connect_args={"check_same_thread": False}
    )
    prepare_engine(made)
    with made.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE note (name TEXT PRIMARY KEY, place INTEGER)")
    yield made
    made.dispose()


def insert(*names: str) -> Callable[[Connection], str]:
    """A write of these notes; it answers the last one's name."""

    def write(connection: Connection) -> str:
        for name in names:
            connection.exec_driver_sql("INSERT INTO note (name) VALUES (?)", (name,))
        return names[-1]

    return write


def notes(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.exec_driver_sql("SELECT name FROM note").scalars())


class Together:
    """Many threads that write while the write lock is held, and so stand in one line."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.commits = 0
        event.listen(engine, "commit", self._count)

    def _count(self, _: Connection) -> None:
        self.commits += 1

    def write(self, writes: list[Callable[[Connection], Any]]) -> list[Any]:
        """What each of them answered or raised."""
        with ThreadPoolExecutor(len(writes)) as threads:
            began = threading.Semaphore(0)

            def one(write: Callable[[Connection], Any]) -> Any:
                began.release()
                return commit_together(self.engine, write)

            with write_lock(self.engine):
                futures = [threads.submit(one, write) for write in writes]
                for _ in writes:
                    began.acquire()
                in_line(self.engine, len(writes))
                self.commits = 0
        return [future.exception() or future.result() for future in futures]


def in_line(engine: Engine, count: int) -> None:
    """Wait until so many stand in line."""
    from plugin.models import group_commit
    from tests.support.processes import wait_until

    wait_until(
        lambda: (
            engine in group_commit._lines and len(group_commit._lines[engine]._waiting) == count
        ),
        10,
        f"{count} in line",
    )


def test_many_threads_share_one_commit_and_each_gets_its_own_answer(engine: Engine) -> None:
    together = Together(engine)
    names = [f"note {number}" for number in range(WRITERS)]
    assert together.write([insert(name) for name in names]) == names
    assert together.commits == 1
    assert notes(engine) == set(names)


def test_a_write_that_fails_takes_back_itself_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        insert("taken")(connection)
    writes = [insert("first"), insert("half", "taken"), insert("last")]
    first, failed, last = Together(engine).write(writes)
    assert (first, last) == ("first", "last")
    assert isinstance(failed, IntegrityError)
    assert notes(engine) == {"taken", "first", "last"}


def test_where_the_commit_fails_nobody_is_told_otherwise(engine: Engine) -> None:
    def break_off(connection: Connection) -> None:
        # As SQLite does by itself where the disk is full.
        connection.exec_driver_sql("ROLLBACK")

    answers = Together(engine).write([insert("first"), break_off, insert("last")])
    assert all(isinstance(answer, Exception) for answer in answers)
    assert notes(engine) == set()
    assert commit_together(engine, insert("later")) == "later"


def test_a_crowd_is_committed_in_pieces(engine: Engine) -> None:
    together = Together(engine)
    names = [f"note {number}" for number in range(MOST + 5)]
    assert together.write([insert(name) for name in names]) == names
    assert together.commits == 2


def test_whose_patience_ends_writes_nothing_and_holds_nobody_up(engine: Engine) -> None:
    told: list[object] = []

    def hurried(name: str) -> None:
        token = set_write_deadline(0.0)
        try:
            commit_together(engine, insert(name))
        except DatabaseBusy as error:
            told.append(error)
        finally:
            reset_write_deadline(token)

    with write_lock(engine):
        # The first would lead, the second stands in line behind.
        threads = [threading.Thread(target=hurried, args=(name,)) for name in ("one", "two")]
        patient = threading.Thread(target=commit_together, args=(engine, insert("patient")))
        for thread in (*threads, patient):
            thread.start()
        for thread in threads:
            thread.join(10)
        assert len(told) == 2
    patient.join(10)
    assert notes(engine) == {"patient"}


def test_nobody_returns_before_the_commit(engine: Engine) -> None:
    seen: list[set[str]] = []
    with engine.connect() as other:

        def look(connection: Connection) -> None:
            insert("own")(connection)
            seen.append(set(other.exec_driver_sql("SELECT name FROM note").scalars()))

        commit_together(engine, look)
        other.rollback()
        seen.append(set(other.exec_driver_sql("SELECT name FROM note").scalars()))
    assert seen == [set(), {"own"}]
