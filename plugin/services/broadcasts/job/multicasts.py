"""Multicasts of a broadcast: called together, settled together, repeated under the same key."""

import re
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import func, select, update

from plugin.core.clock import utcnow
from plugin.gateways import Accepted, GatewayError
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import PAUSED, Broadcast
from plugin.models.broadcasts.multicast import OPEN, Multicast
from plugin.models.broadcasts.recipient import (
    LEFT_OUT,
    SENDING,
    SENT,
    Recipient,
)
from plugin.models.broadcasts.tally import move
from plugin.models.broadcasts.variant import Variant
from plugin.models.people.friend import UNKNOWN as UNKNOWN_STATUS
from plugin.models.people.friend import Friend, note_sent
from plugin.models.sql import one_of
from plugin.models.system.activity import SENT as PEOPLE_SENT
from plugin.models.system.activity import count
from plugin.models.transaction import affected, in_parallel, transaction
from plugin.services import Dependencies
from plugin.services.broadcasts.job.claim import Chunk, Person
from plugin.services.broadcasts.job.failures import after_failure
from plugin.services.broadcasts.job.open_multicasts import end, release
from plugin.services.connections.channels import messaging_channel
from plugin.services.contacts.outbox import mark_many_for_push
from plugin.services.sending.deliver import had_no_effect

# LINE names a user id that it does not know by its place (reference: Error messages).
_PLACE = re.compile(r"\bto\[(\d+)\]")
Answer = Accepted | GatewayError


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
    count(broadcast.official_account_id, PEOPLE_SENT, len(people))
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
            release(broadcast.id, [person.recipient_id for person in chunk.people])
            end([chunk.multicast_id], "refused", utcnow(), error.message)
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
        end([chunk.multicast_id], "refused", now, error)
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
