"""How the database finds what a statement asks for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text

from plugin.models import db
from tests.support.world import World

Sent = list[tuple[str, Any]]


@contextmanager
def asked(world: World) -> Iterator[Sent]:
    """Every statement that reads meanwhile, with its values."""
    sent: Sent = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            sent.append((statement, values))

    world.sandbox.quiet()
    with world.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def scanned(world: World, sent: Sent) -> set[str]:
    """The tables that the database reads as a whole, though it tries not to."""
    found = set()
    with world.app.app_context(), db.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        explain, mark = ("EXPLAIN QUERY PLAN", "SCAN ") if sqlite else ("EXPLAIN", "Seq Scan on ")
        for statement, values in sent:
            for row in connection.exec_driver_sql(f"{explain} {statement}", values):
                step = str(row[-1])
                if mark in step and "USING INDEX" not in step:
                    found.add(step.partition(mark)[2].split()[0])
    return found
