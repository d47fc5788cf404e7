"""Link hundreds of pairs with a few statements, under the rules of a single link."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import or_, select

from plugin.core.clock import utcnow
from plugin.core.linkage import Decision, decide
from plugin.models.audience.contact_values import expect_values
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.conflict import Conflict
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.models.sql import insert_rows
from plugin.models.system.activity import count_links
from plugin.services.linkage.conflict_rows import close_conflicts
from plugin.services.linkage.history import EntryIds, LinkCause, LinkRequest, record_many
from plugin.services.linkage.link import link, replaced
from plugin.services.outgoing.facts import LinkedPair, many_linked


class Pair(NamedTuple):
    """By our row ids and the platforms' ids."""

    friend_id: int
    line_user_id: str
    contact_row_id: int
    contact_id: int


class BulkResult(NamedTuple):
    """ "deleted": the contact was deleted or merged. `other`: the id that the conflicting linkage
    holds, the contact's or the LINE user's."""

    decision: Decision | Literal["deleted"]
    other: str = ""


def bulk_link(
    account: OfficialAccount, pairs: Sequence[Pair], cause: LinkCause
) -> dict[Pair, BulkResult]:
    """Link pairs inside the caller's transaction. Free pairs share no friend and no contact."""
    existing = _lock_existing([pair.contact_row_id for pair in pairs])
    decided = decide_many(account.id, pairs)
    free = [pair for pair in pairs if decided[pair] == "link" and pair.contact_row_id in existing]
    # Not marked for push: the caller decides when there is time to write so many contacts.
    linked = _insert(account.id, free, cause, utcnow())
    outcome: dict[Pair, BulkResult] = {pair: BulkResult("link") for pair in linked}
    for pair in pairs:
        if decided[pair] == "already_linked":
            outcome[pair] = BulkResult("already_linked")
        elif pair.contact_row_id not in existing:
            outcome[pair] = BulkResult("deleted")
        elif pair not in linked:
            # Taken, maybe since `decide_many`: one by one, so that each conflict is recorded.
            outcome[pair] = _link_one(pair, cause)
    return outcome


def decide_many(account_id: int, pairs: Sequence[Pair]) -> dict[Pair, Decision]:
    friends = [pair.friend_id for pair in pairs]
    contacts = [pair.contact_row_id for pair in pairs]
    statement = select(Linkage.friend_id, Linkage.contact_row_id).where(
        Linkage.official_account_id == account_id,
        or_(Linkage.friend_id.in_(friends), Linkage.contact_row_id.in_(contacts)),
    )
    linked_ids = db.session.execute(statement).tuples().all()
    contact_of = dict(linked_ids)
    friend_of = {contact: friend for friend, contact in linked_ids}
    return {
        pair: decide(
            pair.friend_id,
            pair.contact_row_id,
            contact_of.get(pair.friend_id),
            friend_of.get(pair.contact_row_id),
        )
        for pair in pairs
    }


def _lock_existing(row_ids: Sequence[int]) -> set[int]:
    # Locked until the commit, so that no transaction deletes or merges them meanwhile.
    statement = select(Contact.id).where(
        Contact.id.in_(row_ids), Contact.deleted_at.is_(None), Contact.merged_into_id.is_(None)
    )
    return set(db.session.scalars(statement.order_by(Contact.id).with_for_update(key_share=True)))


def _insert(account_id: int, pairs: list[Pair], cause: LinkCause, now: datetime) -> set[Pair]:
    """Return the pairs that were linked, without those that lost a race."""
    if not pairs:
        return set()
    # One order for every transaction, so that two imports wait for each other without a deadlock.
    rows = [
        {
            "official_account_id": account_id,
            "friend_id": pair.friend_id,
            "contact_row_id": pair.contact_row_id,
            "method": cause.method,
            "linked_at": now,
        }
        for pair in sorted(pairs)
    ]
    statement = insert_rows(Linkage).on_conflict_do_nothing().returning(Linkage.friend_id)
    friend_ids = set(db.session.scalars(statement, rows))
    linked = {pair for pair in pairs if pair.friend_id in friend_ids}
    if linked:
        count_links(account_id, cause.method, len(linked))
        _record(account_id, linked, cause, now)
        _close_conflicts(linked, now)
    return linked


def _record(account_id: int, linked: set[Pair], cause: LinkCause, now: datetime) -> None:
    installation_id = db.session.get_one(OfficialAccount, account_id).installation_id
    statement = select(Contact).where(Contact.id.in_([pair.contact_row_id for pair in linked]))
    contacts = {contact.id: contact for contact in db.session.scalars(statement)}
    entries = [
        (
            EntryIds(installation_id, account_id, pair.line_user_id, pair.contact_id),
            replaced(contacts[pair.contact_row_id], account_id, pair.line_user_id),
        )
        for pair in sorted(linked)
    ]
    record_many("linked", entries, cause, now)
    pairs = [
        LinkedPair(pair.friend_id, pair.line_user_id, pair.contact_id) for pair in sorted(linked)
    ]
    many_linked(installation_id, account_id, cause.method, lambda: pairs, now)
    expect_values(installation_id, [pair.contact_row_id for pair in linked])


def _close_conflicts(linked: set[Pair], now: datetime) -> None:
    statement = select(Conflict.friend_id, Conflict.contact_row_id).where(
        Conflict.friend_id.in_([pair.friend_id for pair in linked]), Conflict.decided_at.is_(None)
    )
    linked_ids = {(pair.friend_id, pair.contact_row_id) for pair in linked}
    for friend_id, contact_row_id in db.session.execute(statement).tuples().all():
        if (friend_id, contact_row_id) in linked_ids:
            close_conflicts(friend_id, contact_row_id, now)


def _link_one(pair: Pair, cause: LinkCause) -> BulkResult:
    friend = db.session.get_one(Friend, pair.friend_id)
    contact = db.session.get_one(Contact, pair.contact_row_id)
    result = link(LinkRequest(friend, contact, cause.method, cause.actor, cause.source))
    standing = result.linkage
    if result.decision == "friend_taken" and standing is not None:
        return BulkResult(result.decision, str(standing.contact.contact_id))
    if result.decision == "contact_taken" and standing is not None:
        return BulkResult(result.decision, standing.friend.line_user_id)
    return BulkResult(result.decision)
