"""Moves recipients from state to state, and keeps the broadcast's tally in step."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select, text, update

from plugin.models.base import db
from plugin.models.broadcasts.recipient import Recipient, Tally
from plugin.models.sql import one_of
from plugin.models.transaction import affected

# The tally's variant of those who wait for the winner, are held out or were left out at once.
NO_VARIANT = -1


class Counted(NamedTuple):
    variant: int
    state: str
    reason: str
    people: int


def counts(broadcast_id: int) -> list[Counted]:
    columns = Tally.variant, Tally.state, Tally.reason, Tally.count
    statement = select(*columns).where(Tally.broadcast_id == broadcast_id, Tally.count > 0)
    return [Counted(*row) for row in db.session.execute(statement.order_by(*columns[:3]))]


def in_state(broadcast_id: int, *states: str) -> int:
    return sum(row.people for row in counts(broadcast_id) if row.state in states)


def move(
    broadcast_id: int, ids: Iterable[int], was: str, state: str, reason: str = "", **values: Any
) -> int:
    """Move the recipients that are still in the state `was`, inside the caller's transaction, and
    return how many were."""
    chosen = Recipient.broadcast_id == broadcast_id, Recipient.state == was
    statement = update(Recipient).where(one_of(Recipient.id, ids), *chosen)
    moved = statement.values(state=state, reason=reason, **values).returning(Recipient.variant)
    no_sync = {"synchronize_session": False}
    found = Counter(db.session.scalars(moved, execution_options=no_sync))
    changes = {(was, ""): -1, (state, reason): 1}
    rows = [
        {
            "broadcast_id": broadcast_id,
            "variant": NO_VARIANT if variant is None else variant,
            "state": name,
            "reason": words,
            "count": sign * number,
        }
        for variant, number in found.items()
        for (name, words), sign in changes.items()
    ]
    if rows:
        # In one order, against deadlocks.
        db.session.execute(_ADD, sorted(rows, key=lambda row: (row["variant"], row["state"])))
    return found.total()


_ADD = text(
    "INSERT INTO broadcast_tally (broadcast_id, variant, state, reason, count)"
    " VALUES (:broadcast_id, :variant, :state, :reason, :count)"
    " ON CONFLICT (broadcast_id, variant, state, reason)"
    " DO UPDATE SET count = broadcast_tally.count + excluded.count"
)


def recount(broadcast_id: int) -> int:
    """Count all recipients anew, inside the caller's transaction, and return their number."""
    variant = func.coalesce(Recipient.variant, NO_VARIANT)
    columns = Recipient.broadcast_id, variant, Recipient.state, Recipient.reason
    grouped = select(*columns, func.count()).where(Recipient.broadcast_id == broadcast_id)
    names = ["broadcast_id", "variant", "state", "reason", "count"]
    affected(delete(Tally).where(Tally.broadcast_id == broadcast_id))
    db.session.execute(insert(Tally).from_select(names, grouped.group_by(*columns)))
    return sum(row.people for row in counts(broadcast_id))
