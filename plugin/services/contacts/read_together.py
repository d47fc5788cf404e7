"""Reads the contacts that many callers ask for at the same moment with one call: HubSpot counts
calls, not contacts.

Who asks while nobody reads, reads at once. Who asks meanwhile joins those who are next.
"""

import threading
from collections import defaultdict
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from plugin.gateways import ContactBatch, ContactRecord, GatewayError
from plugin.models.base import db
from plugin.models.transaction import close_reads
from plugin.services import Dependencies
from plugin.services.contacts.lookup import MOST_IN_BATCH, by_id, by_ids


class _Group:
    """Callers who are served by one call. Whoever began it makes the call for all."""

    def __init__(self) -> None:
        self.ids: set[int] = set()
        self.is_over = threading.Event()
        self.batch = ContactBatch(())
        # What the callers hear where the read ends before it has begun.
        self.error: Exception | None = GatewayError(
            "HubSpot was not asked", permanent=False, reason="unavailable"
        )

    def read(self, deps: Dependencies, installation_id: int) -> None:
        try:
            self.batch, self.error = by_ids(deps, installation_id, sorted(self.ids)), None
        except Exception as error:  # noqa: BLE001 - each caller raises it
            self.error = error


class _Line:
    """The callers of one installation in this process."""

    def __init__(self) -> None:
        self.turn, self._guard = threading.Lock(), threading.Lock()
        self._next: _Group | None = None

    def join(self, contact_id: int) -> tuple[_Group, bool]:
        """Return the group that reads next, and whether this caller has begun it."""
        with self._guard:
            group, begins = self._next, False
            if group is None or len(group.ids) >= MOST_IN_BATCH:
                group, begins = _Group(), True
                self._next = group
            group.ids.add(contact_id)
            return group, begins

    def close(self, group: _Group) -> None:
        """Nobody joins it any more."""
        with self._guard:
            if self._next is group:
                self._next = None


_lines: WeakKeyDictionary[Engine, defaultdict[int, _Line]] = WeakKeyDictionary()
_lines_guard = threading.Lock()


def read_together(
    deps: Dependencies, installation_id: int, contact_id: int
) -> ContactRecord | None:
    """Return the contact as HubSpot has it now; None where it is gone. Raise `GatewayError`."""
    close_reads()
    with _lines_guard:
        line = _lines.setdefault(db.engine, defaultdict(_Line))[installation_id]
    group, begins = line.join(contact_id)
    if begins:
        # Whatever ends this caller, a server that stops for example, nobody waits for ever.
        try:
            with line.turn:
                line.close(group)
                group.read(deps, installation_id)
        finally:
            line.close(group)
            group.is_over.set()
    group.is_over.wait()
    if group.error is not None:
        raise group.error
    return _found(deps, installation_id, contact_id, group.batch)


def _found(
    deps: Dependencies, installation_id: int, contact_id: int, batch: ContactBatch
) -> ContactRecord | None:
    for record in batch.records:
        if record.contact_id == contact_id:
            return record
    # Of a merged contact only a call of its own tells which it is by now.
    return by_id(deps, installation_id, contact_id) if str(contact_id) in batch.errors else None
