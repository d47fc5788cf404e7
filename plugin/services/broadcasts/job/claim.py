"""Claims the next people of a broadcast: each is looked at once more, in the transaction that
stores the call that is about to be made."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, or_, select, update

from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.multicast import Multicast
from plugin.models.broadcasts.recipient import LEFT_OUT, SENDING, WAITING, Recipient
from plugin.models.broadcasts.tally import counts, move
from plugin.models.broadcasts.variant import Variant
from plugin.models.people.friend import BLOCKED, UNKNOWN, Friend
from plugin.models.people.linkage import Linkage
from plugin.models.sql import one_of
from plugin.services.sending.frequency_cap import capped
from plugin.services.sending.quiet_hours import held_until

# LINE takes as many user ids in one multicast.
MULTICAST_SIZE = 500


class Person(NamedTuple):
    recipient_id: int
    friend_id: int
    line_user_id: str
    contact_row_id: int | None


class Chunk(NamedTuple):
    """One multicast: what is sent to whom. `tried`: an earlier try of it may have arrived."""

    multicast_id: int
    retry_key: str
    messages: list[dict[str, Any]]
    people: list[Person]
    variant: int
    tried: bool = False


@dataclass
class Claimed:
    """`unknown`: people whose status LINE has to be asked for first. `seen`: all looked at."""

    multicasts: int = 0
    delivery_ids: list[int] = field(default_factory=list)
    unknown: list[Person] = field(default_factory=list)
    seen: int = 0

    @property
    def calls(self) -> int:
        return self.multicasts + len(self.delivery_ids)


def waiting_variants(broadcast_id: int) -> dict[int, int]:
    """Return how many wait for each variant, by the tally."""
    rows = counts(broadcast_id)
    return {row.variant: row.people for row in rows if row.state == WAITING and row.variant >= 0}


def next_people(
    broadcast: Broadcast, variant: int, limit: int, now: datetime, claimed: Claimed
) -> list[Person]:
    """Return those of the next `limit` who get the message now. Who may not have it is left out or
    held, with the reason; the friends stay locked until the caller's transaction ends."""
    waiting = (
        select(Recipient.id, Recipient.friend_id)
        .where(
            Recipient.broadcast_id == broadcast.id,
            Recipient.state == WAITING,
            Recipient.variant == variant,
            or_(Recipient.held_until.is_(None), Recipient.held_until <= now),
        )
        .order_by(Recipient.id)
        .limit(limit)
    )
    recipient_ids = {friend_id: row_id for row_id, friend_id in db.session.execute(waiting)}
    claimed.seen += len(recipient_ids)
    friends = _locked(list(recipient_ids))
    people = {
        row.id: Person(recipient_ids[row.id], row.id, row.line_user_id, row.contact_row_id)
        for row in friends
    }
    refused = _refused(broadcast, friends, now)
    _leave_out(broadcast.id, people, refused)
    unknown = {row.id for row in friends if row.status == UNKNOWN} - refused.keys()
    claimed.unknown += [people[friend_id] for friend_id in sorted(unknown)]
    able = people.keys() - refused.keys() - unknown
    held = {} if broadcast.ignores_quiet_hours else _held(broadcast, able, now)
    _hold([(people[friend_id].recipient_id, until) for friend_id, until in held.items()])
    return [person for friend_id, person in people.items() if friend_id in able - held.keys()]


def _locked(friend_ids: Sequence[int]) -> Sequence[Row[Any]]:
    statement = (
        select(Friend.id, Friend.status, Friend.line_user_id, Linkage.contact_row_id)
        .outerjoin(Linkage, Linkage.friend_id == Friend.id)
        .where(one_of(Friend.id, friend_ids))
        .order_by(Friend.id)
        .with_for_update(of=Friend)
    )
    return db.session.execute(statement).all() if friend_ids else []


def _refused(broadcast: Broadcast, friends: Sequence[Row[Any]], now: datetime) -> dict[int, str]:
    refused: dict[int, str] = {}
    for row in friends:
        if row.line_user_id.startswith("erased:"):
            refused[row.id] = "forgotten"
        elif row.status == BLOCKED:
            refused[row.id] = "blocked"
        elif broadcast.needs_link and row.contact_row_id is None:
            refused[row.id] = "unlinked"
    if not broadcast.cap_override:
        others = [row.id for row in friends if row.id not in refused]
        over = capped(broadcast.official_account_id, others, now)
        refused |= dict.fromkeys(over, "frequency_cap")
    return refused


def _leave_out(broadcast_id: int, people: dict[int, Person], refused: dict[int, str]) -> None:
    by_reason: defaultdict[str, list[int]] = defaultdict(list)
    for friend_id, reason in refused.items():
        by_reason[reason].append(people[friend_id].recipient_id)
    for reason, ids in sorted(by_reason.items()):
        move(broadcast_id, sorted(ids), WAITING, LEFT_OUT, reason)


def _held(broadcast: Broadcast, friend_ids: set[int], now: datetime) -> dict[int, datetime]:
    return held_until(broadcast.official_account, sorted(friend_ids), now)


def _hold(held: Sequence[tuple[int, datetime]]) -> None:
    by_moment: defaultdict[datetime, list[int]] = defaultdict(list)
    for recipient_id, until in held:
        by_moment[until].append(recipient_id)
    for until, ids in sorted(by_moment.items()):
        statement = update(Recipient).where(one_of(Recipient.id, sorted(ids)))
        values = statement.values(held_until=until)
        db.session.execute(values, execution_options={"synchronize_session": False})


def claim_chunks(
    broadcast: Broadcast, variant: Variant, size: int, number: int, now: datetime, claimed: Claimed
) -> None:
    """Claim up to `number` multicasts of `size` people. A smaller one is the last."""
    before = claimed.seen
    people = next_people(broadcast, variant.number, size * number, now, claimed)
    if claimed.seen - before == size * number and len(people) > size:
        people = people[: len(people) // size * size]
    for start in range(0, len(people), size):
        _claim_chunk(broadcast, variant, people[start : start + size], now)
        claimed.multicasts += 1


def _claim_chunk(
    broadcast: Broadcast, variant: Variant, people: list[Person], now: datetime
) -> None:
    """Store a multicast to these people with its retry key."""
    multicast = Multicast(
        broadcast_id=broadcast.id,
        variant=variant.number,
        retry_key=str(uuid.uuid4()),
        messages=variant.messages,
        size=len(people),
        created_at=now,
    )
    db.session.add(multicast)
    db.session.flush()
    ids = [person.recipient_id for person in people]
    move(
        broadcast.id, ids, WAITING, SENDING, multicast_id=multicast.id, claimed_at=now,
        held_until=None,
    )  # fmt: skip
