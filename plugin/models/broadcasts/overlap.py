"""How many people get more than one of several broadcasts, from samples of bounded size."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from plugin.models.base import db
from plugin.models.broadcasts.recipient import SENDING, SENT, UNKNOWN, WAITING, Recipient

REACHED = (SENT, SENDING, UNKNOWN, WAITING)
SAMPLE = 1000


class Overlap(NamedTuple):
    """`people` who get two or more; an estimate where not `exact`."""

    people: int
    exact: bool


def overlap_of(broadcast_ids: Sequence[int]) -> Overlap:
    """Look at 1,000 recipients of each broadcast at most, evenly spread over its rows."""
    whole, exact = 0.0, True
    for broadcast_id in broadcast_ids:
        size, sample = _sample(broadcast_id)
        if sample:
            shares = sum(1 / times for times in _meetings(sample, broadcast_ids))
            whole += shares * size / len(sample)
        exact = exact and size == len(sample)
    return Overlap(round(whole), exact)


def _sample(broadcast_id: int) -> tuple[int, list[int]]:
    """Return about how many recipients there are, and the friends of some of them."""
    first, last = _ends(broadcast_id)
    # The rows of a freeze have ids in sequence.
    step = max((last - first) // SAMPLE + 1, 1)
    ids = list(range(first, last + 1, step))
    rows = select(Recipient.friend_id).where(
        Recipient.id.in_(ids),
        Recipient.broadcast_id == broadcast_id,
        Recipient.state.in_(REACHED),
        Recipient.friend_id.is_not(None),
    )
    friends = [friend_id for friend_id in db.session.scalars(rows) if friend_id is not None]
    return len(friends) * step, friends


def _ends(broadcast_id: int) -> tuple[int, int]:
    # One state at a time, as the index has them.
    ends = [
        db.session.execute(
            select(func.min(Recipient.id), func.max(Recipient.id)).where(
                Recipient.broadcast_id == broadcast_id, Recipient.state == state
            )
        ).one()
        for state in REACHED
    ]
    found = [pair for pair in ends if pair[0] is not None]
    if not found:
        return 0, -1
    return min(first for first, _ in found), max(last for _, last in found)


def _meetings(friend_ids: list[int], broadcast_ids: Sequence[int]) -> list[int]:
    """Return for each of these friends who get several of the broadcasts how many they get."""
    row = aliased(Recipient)
    times = select(func.count()).where(
        row.friend_id.in_(friend_ids),
        row.broadcast_id.in_(broadcast_ids),
        row.state.in_(REACHED),
    )
    grouped = times.group_by(row.friend_id).having(func.count() > 1)
    return list(db.session.scalars(grouped))
