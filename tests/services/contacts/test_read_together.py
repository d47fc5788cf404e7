"""Callers that share one read of HubSpot's contacts."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from plugin.gateways import ContactRecord, GatewayError
from plugin.models import db
from plugin.services.contacts import read_together as reads
from tests.support.processes import wait_until
from tests.support.world import ALICE, BOB, Tenant, World


class Ended(BaseException):
    """The end of a thread that no handler of errors sees."""


def ask(world: World, tenant: Tenant, contact_id: int) -> ContactRecord | None:
    with world.app.app_context():
        return reads.read_together(world.deps, tenant.installation_id, contact_id)


@contextmanager
def ended(world: World, threads: list[int]) -> Iterator[None]:
    """These threads end at their next statement."""

    def end(*_: object) -> None:
        if threading.get_ident() in threads:
            raise Ended

    with world.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", end)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", end)


def test_who_waits_for_a_reader_that_ends_is_told_so(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        lines = reads._lines.setdefault(db.engine, defaultdict(reads._Line))
    line, readers = lines[alice.installation_id], list[int]()

    def read() -> None:
        readers.append(threading.get_ident())
        ask(world, alice, ALICE)

    def joined(contact_id: int) -> bool:
        return line._next is not None and contact_id in line._next.ids

    with ThreadPoolExecutor(2) as threads, ended(world, readers):
        with line.turn:
            reader = threads.submit(read)
            wait_until(lambda: joined(ALICE), 5, "the reader")
            waiting = threads.submit(ask, world, alice, BOB)
            wait_until(lambda: joined(BOB), 5, "who waits")
        with pytest.raises(Ended):
            reader.result(10)
        with pytest.raises(GatewayError) as told:
            waiting.result(10)
    assert not told.value.permanent
    found = ask(world, alice, BOB)
    assert found is not None
    assert found.contact_id == BOB
