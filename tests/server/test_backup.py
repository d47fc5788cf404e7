"""`flask backup` and `restore`: whole copies of a database that is being written to."""

import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskCliRunner

from plugin.core.clock import utcnow
from plugin.models import Installation, Tag, db
from plugin.models.transaction import transaction
from tests.support.world import PORTAL, Tenant, World, make_app, settings_for


@pytest.fixture(autouse=True)
def only_sqlite(world: World) -> None:
    with world.app.app_context():
        if db.engine.dialect.name != "sqlite":
            pytest.skip("PostgreSQL has programs of its own")


def run(app: Flask, *words: str, yes: bool = True) -> tuple[int, str]:
    """A command's exit code and what it said."""
    result = FlaskCliRunner(app).invoke(args=words, input="y\n" if yes else "n\n")
    return result.exit_code, result.output


def tags(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(db.select(Tag.name).order_by(Tag.name)))


def add_tag(world: World, tenant: Tenant, name: str) -> None:
    with world.app.app_context(), transaction() as session:
        session.add(Tag(installation_id=tenant.installation_id, name=name, created_at=utcnow()))


def test_a_backup_is_whole_while_others_write(world: World, alice: Tenant, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            add_tag(world, alice, f"tag {number}")
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = [tmp_path / f"{number}.db" for number in range(5)]
        for copy in copies:
            code, said = run(world.app, "backup", str(copy))
            assert code == 0, said
            assert "ENCRYPTION_KEYS" in said
    finally:
        stop.set()
        writer.join()
    counts = []
    for copy in copies:
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        with sqlite3.connect(copy) as file:
            assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert file.execute("PRAGMA journal_mode").fetchone() == ("delete",)
            counts += file.execute("SELECT count(*) FROM tag").fetchone()
    assert counts == sorted(counts)
    assert {path.name for path in tmp_path.iterdir() if ".db" in path.name} == {
        copy.name for copy in copies
    }


def test_a_backup_replaces_no_file(world: World, alice: Tenant, tmp_path: Path) -> None:
    there = tmp_path / "there.db"
    there.write_text("mine")
    code, said = run(world.app, "backup", str(there))
    assert (code, there.read_text()) == (1, "mine")
    assert "exists already" in said
    code, said = run(world.app, "backup", str(tmp_path / "no folder" / "copy.db"))
    assert code == 1
    assert "Traceback" not in said


def test_restoring_brings_everything_back_for_who_is_running(
    world: World, alice: Tenant, tmp_path: Path
) -> None:
    backup = tmp_path / "backup.db"
    add_tag(world, alice, "before")
    assert run(world.app, "backup", str(backup))[0] == 0
    add_tag(world, alice, "after")
    assert tags(world.app) == ["after", "before"]
    with world.app.app_context():
        # A process that is running holds connections, one of them amid reading.
        held = db.engine.connect()
        held.exec_driver_sql("SELECT 1 FROM tag")
    code, said = run(world.app, "restore", str(backup))
    assert code == 0, said
    held.close()
    assert tags(world.app) == ["before"]
    add_tag(world, alice, "later")
    assert tags(world.app) == ["before", "later"]
    kept = next(Path(word.rstrip(".")) for word in said.split() if ".before-" in word)
    with sqlite3.connect(kept) as file:
        assert file.execute("SELECT count(*) FROM tag").fetchone() == (2,)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_restoring_asks_first(world: World, alice: Tenant, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    assert run(world.app, "backup", str(backup))[0] == 0
    add_tag(world, alice, "after")
    assert run(world.app, "restore", str(backup), yes=False)[0] == 1
    assert tags(world.app) == ["after"]


@pytest.mark.parametrize("case", ["text", "empty", "damaged", "newer", "keys", "absent", "other"])
def test_what_is_no_backup_of_ours_changes_nothing(
    world: World, alice: Tenant, tmp_path: Path, case: str
) -> None:
    backup = tmp_path / "backup.db"
    assert run(world.app, "backup", str(backup))[0] == 0
    add_tag(world, alice, "kept")
    spoil(backup, case)
    app = world.app
    if case == "keys":
        app = with_other_keys(world, tmp_path)
    code, said = run(app, "restore", str(backup), "--yes")
    assert code == 1
    assert said.startswith("Error: ")
    assert "Traceback" not in said
    assert tags(world.app) == ["kept"]
    with world.app.app_context():
        assert Installation.of_portal(PORTAL) is not None


def spoil(backup: Path, case: str) -> None:
    if case == "text":
        backup.write_text("no database at all, whatever it is called")
    elif case == "empty":
        backup.write_bytes(b"")
    elif case == "absent":
        backup.unlink()
    elif case == "damaged":
        content = bytearray(backup.read_bytes())
        content[4096:40960] = b"x" * (40960 - 4096)
        backup.write_bytes(bytes(content))
    elif case in ("newer", "other"):
        change = "UPDATE alembic_version SET version_num = 'x'"
        with sqlite3.connect(backup) as file:
            file.execute(change if case == "newer" else "DROP TABLE installation")


def with_other_keys(world: World, tmp_path: Path) -> Flask:
    """The same database in the eyes of somebody who lost the keys."""
    from dataclasses import replace

    with world.app.app_context():
        settings = world.deps.settings
    return make_app(replace(settings, encryption_keys=(Fernet.generate_key().decode(),)))


def test_the_sandbox_takes_no_backup_of_real_portals(
    world: World, alice: Tenant, tmp_path: Path
) -> None:
    from plugin.factory import create_app
    from plugin.settings import Settings

    backup = tmp_path / "backup.db"
    assert run(world.app, "backup", str(backup))[0] == 0
    with sqlite3.connect(backup) as file:
        file.execute("UPDATE installation SET ui_domain = 'app.hubspot.com'")
    keys = {"ENCRYPTION_KEYS": settings_keys(world), "SECRET_KEY": "x-0123456789-abcdefghij" * 2}
    sandbox = create_app(Settings.from_env(keys, tmp_path / "instance"))
    code, said = run(sandbox, "restore", str(backup), "--yes")
    assert code == 1
    assert "not the sandbox's" in said


def settings_keys(world: World) -> str:
    with world.app.app_context():
        return ",".join(world.deps.settings.encryption_keys)


def test_on_postgresql_the_right_program_is_named(tmp_path: Path) -> None:
    url = "postgresql+psycopg://musubi:secret@db.example.com/musubi"
    app = make_app(settings_for("http://127.0.0.1:9", "http://127.0.0.1:9", url, tmp_path))
    for command, program in (("backup", "pg_dump"), ("restore", "pg_restore")):
        code, said = run(app, command, str(tmp_path / "file"))
        assert code == 1
        assert program in said
        assert "postgresql://musubi@db.example.com/musubi" in said
        assert "secret" not in said
