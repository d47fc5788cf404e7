"""Starting and ending: what stands in the way is said in words, and two may start at once."""

import os
import signal
import socket
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import create_engine

from plugin.models.database_wait import DatabaseUnreachable, wait_for_database
from plugin.settings import SANDBOX_CREDENTIALS
from tests.support.databases import _admin, _url, postgres_is_there
from tests.support.processes import ROOT, Process, answers, ending, free_port, wait_until
from tests.support.stage import Stage

pytestmark = pytest.mark.kill


def start(folder: Path, port: int, **env: str) -> Process:
    """`python app.py` in a folder of its own, in sandbox mode unless told otherwise."""
    return Process([str(ROOT / "app.py")], {"PORT": str(port), **env}, folder)


def refusal(process: Process) -> str:
    """What a process said that would not start."""
    with ending(process):
        assert process.child.wait(30) == 1
    said = process.log.read_text()
    assert "Traceback" not in said
    return said


def is_ready(port: int) -> bool:
    return answers(f"http://127.0.0.1:{port}/readyz")


needs_postgres = pytest.mark.skipif(
    "not postgres_is_there()", reason="PostgreSQL does not answer (TEST_POSTGRES_URL)"
)


@contextmanager
def empty_database(kind: str) -> Iterator[dict[str, str]]:
    """Settings for a database with nothing in it."""
    if kind == "sqlite":
        yield {}
        return
    name = database_name()
    _admin(f'CREATE DATABASE "{name}"')
    try:
        yield {"DATABASE_URL": _url(name)}
    finally:
        _admin(f'DROP DATABASE "{name}" WITH (FORCE)')


def database_name() -> str:
    """Of a database that this process may make."""
    return f"musubi_empty_{os.getpid()}"


@needs_postgres
def test_a_start_waits_for_its_database(tmp_path: Path) -> None:
    port = free_port()
    process = start(tmp_path, port, DATABASE_URL=_url(database_name()))
    with ending(process):
        waiting = b"Waiting for the database: "
        wait_until(lambda: waiting in process.log.read_bytes(), 30, "it waits")
        with empty_database("postgresql"):
            wait_until(lambda: is_ready(port), 60, f"{process.log}")
            process.kill()
    assert process.log.read_bytes().count(waiting) == 1


@needs_postgres
def test_a_database_that_stays_away_is_named(tmp_path: Path) -> None:
    engine = create_engine(_url("musubi_nowhere"))
    with pytest.raises(DatabaseUnreachable, match='database "musubi_nowhere" does not exist'):
        wait_for_database(engine, seconds=0)


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Call the printer about the cards")
    for file, wrong in {"notes.txt": "something else", "no/x.db": "cannot be read"}.items():
        url = f"sqlite:///{tmp_path / file}"
        assert wrong in refusal(start(tmp_path, free_port(), DATABASE_URL=url))
    assert (tmp_path / "notes.txt").read_text() == "Call the printer about the cards"


def test_a_busy_port_is_named_with_the_way_to_another(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))  # noqa: S104
        other.listen()
        port = other.getsockname()[1]
        said = refusal(start(tmp_path, port))
    assert f"cannot listen on port {port}: Address already in use" in said
    assert f"PORT={port + 1} make run" in said
    # Nothing was begun: the database has no tables.
    assert not (tmp_path / "instance/musubi.db").stat().st_size


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_several_start_at_once_on_an_empty_database(kind: str, tmp_path: Path) -> None:
    if kind == "postgresql" and not postgres_is_there():
        pytest.skip("PostgreSQL does not answer (TEST_POSTGRES_URL)")
    ports = [free_port() for _ in range(3)]
    with empty_database(kind) as env:
        processes = [start(tmp_path, port, **env) for port in ports]
        with ending(*processes):
            for process, port in zip(processes, ports, strict=True):
                wait_until(lambda: is_ready(port), 90, f"{process.log}")  # noqa: B023
                assert process.is_alive


def test_who_comes_second_waits_for_the_one_that_migrates(tmp_path: Path) -> None:
    import fcntl

    (tmp_path / "instance").mkdir()
    port = free_port()
    with (tmp_path / "instance/musubi.db.migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = start(tmp_path, port)
        with ending(process):
            waiting = b"Another Musubi is bringing the database up to date"
            wait_until(lambda: waiting in process.log.read_bytes(), 30, "it waits")
            assert not (tmp_path / "instance/musubi.db").stat().st_size
            fcntl.flock(lock, fcntl.LOCK_UN)
            wait_until(lambda: is_ready(port), 60, f"{process.log}")


def test_all_that_is_wrong_is_said_at_once_and_without_a_trace(tmp_path: Path) -> None:
    said = refusal(start(tmp_path, 0, BASE_URL="http://musubi.example.com", SECRET_KEY="short"))
    named = [line.split()[1] for line in said.splitlines() if line.startswith("  - ")]
    assert set(named) == {
        "PORT", "BASE_URL", "SANDBOX", "SECRET_KEY", "ENCRYPTION_KEYS", *SANDBOX_CREDENTIALS,
    }  # fmt: skip


def test_the_sandbox_does_not_open_a_database_of_real_portals(stage: Stage, tmp_path: Path) -> None:
    with stage.world.app.app_context():
        from plugin.models import Installation, db
        from plugin.models.transaction import transaction

        with transaction():
            row = db.session.get_one(Installation, stage.tenant.installation_id)
            row.ui_domain = "app.hubspot.com"
            portal = row.portal_id
    keys = {name: stage.env[name] for name in ("DATABASE_URL", "SECRET_KEY", "ENCRYPTION_KEYS")}
    for meant in ("auto", "on"):
        said = refusal(start(tmp_path, free_port(), SANDBOX=meant, **keys))
        assert "not the sandbox's" in said
        assert str(portal) in said
        assert "HUBSPOT_CLIENT_SECRET" in said


def test_keys_that_open_nothing_are_refused(stage: Stage, tmp_path: Path) -> None:
    port = free_port()
    foreign = {**stage.env, "ENCRYPTION_KEYS": Fernet.generate_key().decode()}
    said = refusal(start(tmp_path, port, **foreign))
    assert "ENCRYPTION_KEYS does not open 2 of the secrets" in said


def test_a_database_of_a_newer_version_is_refused(stage: Stage, tmp_path: Path) -> None:
    from sqlalchemy import text

    from plugin.models.transaction import transaction

    with stage.world.app.app_context(), transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'from_tomorrow'"))
    try:
        said = refusal(start(tmp_path, free_port(), **stage.env))
    finally:
        restore_revision(stage)
    assert "belongs to a newer Musubi (revision from_tomorrow)" in said


def restore_revision(stage: Stage) -> None:
    """The tests' PostgreSQL database is used again."""
    from sqlalchemy import text

    from plugin.models.revision import newest_revision
    from plugin.models.transaction import transaction

    with stage.world.app.app_context(), transaction() as session:
        revision = {"revision": newest_revision()}
        session.execute(text("UPDATE alembic_version SET version_num = :revision"), revision)


def test_after_a_clean_stop_the_file_alone_is_the_whole_database(tmp_path: Path) -> None:
    port = free_port()
    process = start(tmp_path, port)
    instance = tmp_path / "instance"
    with ending(process):
        wait_until(lambda: is_ready(port), 60, f"{process.log}")
        files = [path for path in instance.iterdir() if path.is_file()]
        assert {"musubi.db", "musubi.db-wal", "secret_key", "sandbox.db"} <= {
            path.name for path in files
        }
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
        process.child.send_signal(signal.SIGTERM)
        process.child.wait(15)
    assert not list(instance.glob("*-wal"))
    copy = tmp_path / "copy.db"
    copy.write_bytes((instance / "musubi.db").read_bytes())
    with sqlite3.connect(copy) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert file.execute("SELECT count(*) FROM lease").fetchone()
    with sqlite3.connect(instance / "sandbox.db") as file:
        assert file.execute("SELECT count(*) FROM item WHERE kind = 'portal'").fetchone() == (2,)


def test_files_that_others_could_read_are_closed_at_the_next_start(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    instance.mkdir()
    database = instance / "musubi.db"
    database.touch()
    database.chmod(0o644)
    port = free_port()
    process = start(tmp_path, port)
    with ending(process):
        wait_until(lambda: is_ready(port), 60, f"{process.log}")
        assert stat.S_IMODE(database.stat().st_mode) == 0o600
