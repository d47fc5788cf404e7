"""Hundreds of ties with a handful of statements, under the rules of a single one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import or_, select

from plugin.core.clock import utcnow
from plugin.core.linkage import Decision, Method, decide
from plugin.models.base import db
from plugin.models.conflict import Conflict
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Contact, Friend, LedgerEntry, Linkage
from plugin.models.upsert import insert_rows
from plugin.services.ledger import Wish, settle_conflicts
from plugin.services.link_friend import replaced, tie


class Pair(NamedTuple):
    """A friend and a contact that are to be one person: our row ids and the platforms' own."""

    friend_id: int
    line_user_id: str
    contact_row_id: int
    contact_id: int


class Why(NamedTuple):
    """How all these wishes came about, as the ledger tells it."""

    method: Method
    actor: str
    source: str


class Met(NamedTuple):
    """What a wish came to. `other`: the contact's or LINE user's id that stands in the way.

    "deleted": HubSpot deleted or merged the contact in the meantime.
    """

    decision: Decision | Literal["deleted"]
    other: str = ""


def tie_many(account: OfficialAccount, pairs: Sequence[Pair], why: Why) -> dict[Pair, Met]:
    """Tie inside the caller's transaction. Of pairs that are free, each has a friend and a
    contact of its own.

    HubSpot is not told: whoever wants many ties also says when there is time to write them.
    """
    alive = _held([pair.contact_row_id for pair in pairs])
    decided = decide_many(account.id, pairs)
    free = [pair for pair in pairs if decided[pair] == "link" and pair.contact_row_id in alive]
    made = _insert(account.id, free, why, utcnow())
    outcome: dict[Pair, Met] = {pair: Met("link") for pair in made}
    for pair in pairs:
        if decided[pair] == "already_linked":
            outcome[pair] = Met("already_linked")
        elif pair.contact_row_id not in alive:
            outcome[pair] = Met("deleted")
        elif pair not in made:
            # Taken, or taken since we looked: one by one, with a line in the ledger.
            outcome[pair] = _tie_one(pair, why)
    return outcome


def decide_many(account_id: int, pairs: Sequence[Pair]) -> dict[Pair, Decision]:
    """What each wish would come to now, and nothing is done."""
    friends = [pair.friend_id for pair in pairs]
    contacts = [pair.contact_row_id for pair in pairs]
    standing = select(Linkage.friend_id, Linkage.contact_row_id).where(
        Linkage.official_account_id == account_id,
        or_(Linkage.friend_id.in_(friends), Linkage.contact_row_id.in_(contacts)),
    )
    ties = db.session.execute(standing).tuples().all()
    contact_of = dict(ties)
    friend_of = {contact: friend for friend, contact in ties}
    return {
        pair: decide(
            pair.friend_id,
            pair.contact_row_id,
            contact_of.get(pair.friend_id),
            friend_of.get(pair.contact_row_id),
        )
        for pair in pairs
    }


def _held(contact_rows: Sequence[int]) -> set[int]:
    """Those that are there still, held until the commit: nobody deletes or merges them now."""
    there = select(Contact.id).where(
        Contact.id.in_(contact_rows), Contact.deleted_at.is_(None), Contact.merged_into_id.is_(None)
    )
    return set(db.session.scalars(there.order_by(Contact.id).with_for_update(key_share=True)))


def _insert(account_id: int, pairs: list[Pair], why: Why, now: datetime) -> set[Pair]:
    """The ties that were made; who lost a race is not among them."""
    if not pairs:
        return set()
    # Everybody inserts in one order, so that two imports wait for each other and never in a ring.
    rows = [
        {
            "official_account_id": account_id,
            "friend_id": pair.friend_id,
            "contact_row_id": pair.contact_row_id,
            "method": why.method,
            "linked_at": now,
        }
        for pair in sorted(pairs)
    ]
    statement = insert_rows(Linkage).on_conflict_do_nothing().returning(Linkage.friend_id)
    won = set(db.session.scalars(statement, rows))
    made = {pair for pair in pairs if pair.friend_id in won}
    if made:
        _write_down(account_id, made, why, now)
        _settle_conflicts(made, now)
    return made


def _write_down(account_id: int, made: set[Pair], why: Why, now: datetime) -> None:
    installation_id = db.session.get_one(OfficialAccount, account_id).installation_id
    rows = select(Contact).where(Contact.id.in_([pair.contact_row_id for pair in made]))
    contacts = {one.id: one for one in db.session.scalars(rows)}
    lines: list[dict[str, Any]] = [
        {
            "installation_id": installation_id,
            "official_account_id": account_id,
            "at": now,
            "deed": "linked",
            "method": why.method,
            "actor": why.actor,
            "source": why.source,
            "line_user_id": pair.line_user_id,
            "contact_id": pair.contact_id,
            "before": replaced(contacts[pair.contact_row_id], account_id, pair.line_user_id),
        }
        for pair in sorted(made)
    ]
    db.session.execute(insert_rows(LedgerEntry), lines)


def _settle_conflicts(made: set[Pair], now: datetime) -> None:
    wished = select(Conflict.friend_id, Conflict.contact_row_id).where(
        Conflict.friend_id.in_([pair.friend_id for pair in made]), Conflict.decided_at.is_(None)
    )
    ties = {(pair.friend_id, pair.contact_row_id) for pair in made}
    for friend_id, contact_row_id in db.session.execute(wished).tuples().all():
        if (friend_id, contact_row_id) in ties:
            settle_conflicts(friend_id, contact_row_id, now)


def _tie_one(pair: Pair, why: Why) -> Met:
    friend = db.session.get_one(Friend, pair.friend_id)
    contact = db.session.get_one(Contact, pair.contact_row_id)
    tied = tie(Wish(friend, contact, why.method, why.actor, why.source))
    standing = tied.linkage
    if tied.decision == "friend_taken" and standing is not None:
        return Met(tied.decision, str(standing.contact.contact_id))
    if tied.decision == "contact_taken" and standing is not None:
        return Met(tied.decision, standing.friend.line_user_id)
    return Met(tied.decision)
