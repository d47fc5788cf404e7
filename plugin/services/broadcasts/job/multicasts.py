"""Multicasts of a broadcast: called together, settled together, repeated under the same key."""

import re
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import func, select, update

from plugin.core.clock import utcnow
from plugin.core.retry import key_is_alive
from plugin.gateways import Accepted, GatewayError
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import PAUSED, Broadcast
from plugin.models.broadcasts.frozen_audience import ERASED
from plugin.models.broadcasts.multicast import OPEN, Multicast
from plugin.models.broadcasts.recipient import (
    LEFT_OUT,
    SENDING,
    SENT,
    UNKNOWN,
    WAITING,
    Recipient,
)
from plugin.models.broadcasts.tally import move
from plugin.models.broadcasts.variant import Variant
from plugin.models.people.friend import UNKNOWN as UNKNOWN_STATUS
from plugin.models.people.friend import Friend, note_sent
from plugin.models.people.linkage import Linkage
from plugin.models.sql import one_of
from plugin.models.transaction import affected, in_parallel, transaction
from plugin.services import Dependencies
from plugin.services.broadcasts.job.claim import Chunk, Person
from plugin.services.broadcasts.job.failures import after_failure
from plugin.services.connections.channels import messaging_channel
from plugin.services.contacts.outbox import mark_many_for_push
from plugin.services.sending.deliver import had_no_effect

# So many multicasts are under way together: LINE takes its time for each.
AT_ONCE = 8
# LINE names a user id that it does not know by its place (reference: Error messages).
_PLACE = re.compile(r"\bto\[(\d+)\]")
Answer = Accepted | GatewayError


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
                _end([row.id], "refused", utcnow())
    return chunks


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


def _lapse(multicast: Multicast) -> None:
    """A multicast that may have gone out becomes unknown: LINE would take it for a new one."""
    ids = [person.recipient_id for person in _people(multicast.id)]
    was_tried = multicast.maybe_sent
    with transaction():
        if was_tried:
            now = utcnow()
            move(multicast.broadcast_id, ids, SENDING, UNKNOWN, claimed_at=now, settled_at=now)
        else:
            _release(multicast.broadcast_id, ids)
        _end([multicast.id], "unknown" if was_tried else "refused", utcnow())


def _release(broadcast_id: int, recipient_ids: Sequence[int]) -> None:
    move(broadcast_id, recipient_ids, SENDING, WAITING, multicast_id=None, claimed_at=None)


def _end(multicast_ids: Sequence[int], state: str, now: datetime, error: str = "") -> None:
    statement = update(Multicast).where(one_of(Multicast.id, multicast_ids), OPEN)
    values = {"state": state, "settled_at": now, "error": error[:500]}
    affected(statement.values(values).execution_options(synchronize_session=False))


def call(deps: Dependencies, broadcast: Broadcast, chunks: Sequence[Chunk]) -> datetime:
    """Call LINE for all at the same time and store the outcomes. Return when to go on."""
    marked = _mark_tried(broadcast.id, [chunk.multicast_id for chunk in chunks])
    chunks = [chunk for chunk in chunks if chunk.multicast_id in marked]
    answers = _answers(deps, broadcast, chunks)
    with transaction():
        current = Broadcast.held(broadcast.id)
        assert current is not None  # noqa: S101 - a broadcast is never deleted
        _accept_all(current, chunks, answers)
        _keep_open(chunks, answers)
    again = utcnow()
    for chunk, answer in zip(chunks, answers, strict=True):
        if isinstance(answer, GatewayError):
            again = max(again, _failed(deps, broadcast, chunk, answer))
    return again


def _mark_tried(broadcast_id: int, multicast_ids: Sequence[int]) -> set[int]:
    """Store that a try of each begins. Return which may be tried: none after a pause, and none
    whose people wait for another one by now."""
    first = func.coalesce(Multicast.first_tried_at, utcnow())
    statement = update(Multicast).where(one_of(Multicast.id, multicast_ids), OPEN)
    values = statement.values(state=SENDING, maybe_sent=True, first_tried_at=first)
    no_sync = {"synchronize_session": False}
    with transaction():
        broadcast = Broadcast.held(broadcast_id)
        if broadcast is None or broadcast.state == PAUSED:
            return set()
        return set(db.session.scalars(values.returning(Multicast.id), execution_options=no_sync))


def _set(multicast_ids: Sequence[int], **values: object) -> None:
    statement = update(Multicast).where(one_of(Multicast.id, multicast_ids), OPEN)
    affected(statement.values(values).execution_options(synchronize_session=False))


def _answers(deps: Dependencies, broadcast: Broadcast, chunks: Sequence[Chunk]) -> list[Answer]:
    if not chunks:
        return []
    channel = messaging_channel(broadcast.official_account)
    variants = Variant.of_broadcast(broadcast.id)
    units = {variant.number: variant.aggregation_unit for variant in variants}
    calls: list[Callable[[], Accepted]] = [
        partial(
            deps.gateways.line.multicast,
            channel,
            [person.line_user_id for person in chunk.people],
            chunk.messages,
            chunk.retry_key,
            broadcast.silent,
            units.get(chunk.variant, ""),
        )
        for chunk in chunks
    ]
    if len(calls) == 1:
        return [_answer(calls[0])]
    return [_answer(future.result) for future in in_parallel("line", calls)]


def _answer(result: Callable[[], Accepted]) -> Answer:
    try:
        return result()
    except GatewayError as error:
        return error


def _accept_all(broadcast: Broadcast, chunks: Sequence[Chunk], answers: Sequence[Answer]) -> None:
    now = utcnow()
    accepted = [(chunk, answer) for chunk, answer in zip(chunks, answers, strict=True)
                if isinstance(answer, Accepted)]  # fmt: skip
    if not accepted:
        return
    people = [person for chunk, _ in accepted for person in chunk.people]
    linked = sorted({p.contact_row_id for p in people if p.contact_row_id is not None})
    mark_many_for_push(broadcast.official_account.installation_id, linked)
    note_sent([person.friend_id for person in people], now)
    ids = [person.recipient_id for person in people]
    # The frequency cap counts from when LINE took it, which may be long after the claim.
    move(broadcast.id, ids, SENDING, SENT, claimed_at=now, settled_at=now)
    for chunk, answer in accepted:
        _set([chunk.multicast_id], state="accepted", settled_at=now, error="",
             line_request_id=answer.request_id)  # fmt: skip
    broadcast.first_sent_at = broadcast.first_sent_at or now
    broadcast.failures_in_row, broadcast.error = 0, ""


def _keep_open(chunks: Sequence[Chunk], answers: Sequence[Answer]) -> None:
    """Those that surely sent nothing, now or before, need not be unknown for it."""
    unsent = [
        chunk.multicast_id
        for chunk, answer in zip(chunks, answers, strict=True)
        if isinstance(answer, GatewayError) and had_no_effect(answer) and not chunk.tried
    ]
    if unsent:
        _set(unsent, state="planned", maybe_sent=False, first_tried_at=None)


def _failed(
    deps: Dependencies, broadcast: Broadcast, chunk: Chunk, error: GatewayError
) -> datetime:
    place = _PLACE.search(" ".join((error.message, *error.details)))
    if error.reason == "invalid" and place and int(place[1]) < len(chunk.people):
        drop_person(deps, broadcast, chunk, chunk.people[int(place[1])], error.message)
        return utcnow()
    if error.reason == "monthly_limit" or (error.permanent and error.reason != "unauthorized"):
        # Nobody got it: they wait for another key.
        with transaction():
            Broadcast.held(broadcast.id)
            _release(broadcast.id, [person.recipient_id for person in chunk.people])
            _end([chunk.multicast_id], "refused", utcnow(), error.message)
    return after_failure(deps, broadcast, error)


def drop_person(
    deps: Dependencies, broadcast: Broadcast, chunk: Chunk, unknown: Person, error: str
) -> None:
    """Leave out whom LINE does not know; the others wait for a new key, since nobody got it."""
    # Where a second one is named, LINE is asked about all of them, not once more for each.
    was_dropped = db.session.scalar(
        select(Multicast.error).where(Multicast.id == chunk.multicast_id)
    )
    gone = {unknown.recipient_id: unknown}
    if was_dropped:
        channel = messaging_channel(broadcast.official_account)
        asked = [person.line_user_id for person in chunk.people]
        shown = deps.gateways.line.profiles(channel, asked)
        gone |= {p.recipient_id: p for p in chunk.people
                 if p.line_user_id in shown and shown[p.line_user_id] is None}  # fmt: skip
    rest = [person.recipient_id for person in chunk.people if person.recipient_id not in gone]
    now = utcnow()
    with transaction() as session:
        Broadcast.held(broadcast.id)
        friends = [person.friend_id for person in gone.values()]
        locked = select(Friend).where(one_of(Friend.id, friends)).order_by(Friend.id)
        for friend in session.scalars(locked.with_for_update(of=Friend)).unique():
            friend.note_status(UNKNOWN_STATUS, now)
        move(broadcast.id, list(gone), SENDING, LEFT_OUT, "wrong_provider",
             multicast_id=None, claimed_at=None)  # fmt: skip
        _end([chunk.multicast_id], "refused", now, error)
        if rest:
            _plan_again(broadcast.id, chunk, rest, now)


def _plan_again(broadcast_id: int, chunk: Chunk, recipient_ids: list[int], now: datetime) -> None:
    old = db.session.get_one(Multicast, chunk.multicast_id)
    again = Multicast(
        broadcast_id=broadcast_id,
        variant=old.variant,
        retry_key=str(uuid.uuid4()),
        messages=chunk.messages,
        size=len(recipient_ids),
        # Says that one was dropped already.
        error="to",
        created_at=now,
    )
    db.session.add(again)
    db.session.flush()
    statement = update(Recipient).where(one_of(Recipient.id, recipient_ids))
    affected(statement.values(multicast_id=again.id).execution_options(synchronize_session=False))


def release_planned(broadcast_id: int) -> None:
    """Have the people of multicasts that surely were not sent wait again, inside the caller's
    transaction: after a pause they are looked at once more."""
    for multicast_id in _planned(broadcast_id):
        ids = [person.recipient_id for person in _people(multicast_id)]
        _release(broadcast_id, ids)
        _end([multicast_id], "refused", utcnow())


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
        _end(multicast_ids, "refused", utcnow())
