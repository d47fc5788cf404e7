"""Multicasts without an outcome: read again after a kill, given up after a day, taken back."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.core.retry import key_is_alive
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.frozen_audience import ERASED
from plugin.models.broadcasts.multicast import OPEN, Multicast
from plugin.models.broadcasts.recipient import LEFT_OUT, SENDING, UNKNOWN, WAITING, Recipient
from plugin.models.broadcasts.tally import move
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.models.sql import one_of
from plugin.models.transaction import affected, transaction
from plugin.services.broadcasts.job.claim import Chunk, Person

# So many multicasts are under way together: LINE takes its time for each.
AT_ONCE = 8


def open_chunks(broadcast_id: int) -> list[Chunk]:
    """Return multicasts that have no outcome yet; whose key lives no more are settled first."""
    rows = db.session.scalars(
        select(Multicast)
        .where(Multicast.broadcast_id == broadcast_id, OPEN)
        .order_by(Multicast.id)
        .limit(AT_ONCE)
    ).all()
    chunks = []
    for row in rows:
        _settle_erased(row)
        if not key_is_alive(row.first_tried_at, utcnow()):
            _lapse(row)
        elif people := _people(row.id):
            messages, tried = row.messages, row.maybe_sent
            chunks.append(Chunk(row.id, row.retry_key, messages, people, row.variant, tried))
        else:
            with transaction():
                end([row.id], "refused", utcnow())
    return chunks


def _people(multicast_id: int) -> list[Person]:
    """Return whom it goes to; a person who was erased since has no user id to send to."""
    statement = (
        select(Recipient.id, Friend.id, Friend.line_user_id, Linkage.contact_row_id)
        .join(Friend, Friend.id == Recipient.friend_id)
        .outerjoin(Linkage, Linkage.friend_id == Friend.id)
        .where(
            Recipient.multicast_id == multicast_id,
            Recipient.state == SENDING,
            Friend.line_user_id.not_like(ERASED),
        )
        .order_by(Recipient.id)
    )
    return [Person(*row) for row in db.session.execute(statement)]


def _settle_erased(multicast: Multicast) -> None:
    """Whoever asked to be forgotten is not in the repeated call."""
    erased = select(Recipient.id).join(Friend, Friend.id == Recipient.friend_id)
    ids = list(
        db.session.scalars(
            erased.where(
                Recipient.multicast_id == multicast.id,
                Recipient.state == SENDING,
                Friend.line_user_id.like(ERASED),
            )
        )
    )
    if ids:
        state, reason = (UNKNOWN, "") if multicast.maybe_sent else (LEFT_OUT, "forgotten")
        with transaction():
            move(multicast.broadcast_id, ids, SENDING, state, reason, settled_at=utcnow())


def _lapse(multicast: Multicast) -> None:
    """A multicast that may have gone out becomes unknown: LINE would take it for a new one."""
    ids = [person.recipient_id for person in _people(multicast.id)]
    was_tried = multicast.maybe_sent
    with transaction():
        if was_tried:
            now = utcnow()
            move(multicast.broadcast_id, ids, SENDING, UNKNOWN, claimed_at=now, settled_at=now)
        else:
            release(multicast.broadcast_id, ids)
        end([multicast.id], "unknown" if was_tried else "refused", utcnow())


def release(broadcast_id: int, recipient_ids: Sequence[int]) -> None:
    move(broadcast_id, recipient_ids, SENDING, WAITING, multicast_id=None, claimed_at=None)


def end(multicast_ids: Sequence[int], state: str, now: datetime, error: str = "") -> None:
    statement = update(Multicast).where(one_of(Multicast.id, multicast_ids), OPEN)
    values = {"state": state, "settled_at": now, "error": error[:500]}
    affected(statement.values(values).execution_options(synchronize_session=False))


def release_planned(broadcast_id: int) -> None:
    """Have the people of multicasts that surely were not sent wait again, inside the caller's
    transaction: after a pause they are looked at once more."""
    for multicast_id in _planned(broadcast_id):
        ids = [person.recipient_id for person in _people(multicast_id)]
        release(broadcast_id, ids)
        end([multicast_id], "refused", utcnow())


def _planned(broadcast_id: int) -> list[int]:
    planned = select(Multicast.id).where(
        Multicast.broadcast_id == broadcast_id, OPEN, Multicast.maybe_sent.is_(False)
    )
    return list(db.session.scalars(planned.order_by(Multicast.id)))


def leave_out_planned(broadcast_id: int) -> None:
    """Leave out the people of multicasts that surely were not sent, after a cancellation."""
    if not _planned(broadcast_id):
        return
    with transaction():
        Broadcast.held(broadcast_id)
        multicast_ids = _planned(broadcast_id)
        people = select(Recipient.id).where(one_of(Recipient.multicast_id, multicast_ids))
        ids = list(db.session.scalars(people.order_by(Recipient.id)))
        move(broadcast_id, ids, SENDING, LEFT_OUT, "cancelled", multicast_id=None, claimed_at=None)
        end(multicast_ids, "refused", utcnow())
