"""Tying a friend to a contact, and untying: always with a line in the ledger."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, select, update

from plugin.core.clock import utcnow
from plugin.core.linkage import Decision, Method, decide
from plugin.models.base import affected, db, transaction
from plugin.models.job import plant
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Contact, Friend, LedgerEntry, Linkage
from plugin.models.upsert import insert_or
from plugin.services.ledger import Wish, note_conflict, settle_conflicts, write_down

__all__ = [
    "Tied", "Wish", "contact_row", "friend_row", "lock_contacts", "move", "owe_mirror", "shift",
    "tie", "untie", "untie_by_hand",
]  # fmt: skip


class Tied(NamedTuple):
    """What the wish came to; `linkage` is the tie made or found, or what stands in its way."""

    decision: Decision
    linkage: Linkage | None


def tie(wish: Wish, undoes: LedgerEntry | None = None) -> Tied:
    """Tie inside the caller's transaction; a race for one contact or friend ends in one tie."""
    lock_contacts([wish.contact.id])
    decision, standing = _decide(wish)
    now = utcnow()
    if decision == "link" and not _insert(wish, now):
        # Somebody tied one of the two since we looked: look again, it is a conflict now.
        decision, standing = _decide(wish)
    if decision == "link":
        standing = Linkage.of_contact(wish.friend.official_account_id, wish.contact.id)
        write_down("linked", wish, now, undoes=undoes)
        settle_conflicts(wish.friend.id, wish.contact.id, now)
        owe_mirror(wish.contact)
    elif decision != "already_linked" and standing is not None:
        note_conflict(wish, decision, standing, now)
    return Tied(decision, standing)


def untie(
    linkage: Linkage,
    actor: str,
    method: Method = "manual",
    source: str = "",
    undoes: LedgerEntry | None = None,
) -> None:
    """Untie inside the caller's transaction; HubSpot's properties are cleared afterwards.

    LINE wants to be told of people who are unlinked (LINE Login development guidelines), so that
    is owed too.
    """
    friend, contact = linkage.friend, linkage.contact
    wish = Wish(friend, contact, method, actor, source)
    if affected(delete(Linkage).where(Linkage.id == linkage.id)) == 1:
        db.session.expire(friend, ["linkage"])
        write_down("unlinked", wish, utcnow(), _standing(linkage), undoes)
        owe_mirror(contact)
        plant("deauthorize", friend.id, contact.installation_id, {"contact": contact.id})


def move(wish: Wish) -> None:
    """Tie as wished inside the caller's transaction; a tie that is in the way gives way."""
    friend, contact = wish.friend, wish.contact
    in_the_way = Linkage.of_contact(friend.official_account_id, contact.id)
    if in_the_way is not None and in_the_way.friend_id != friend.id:
        untie(in_the_way, wish.actor, wish.method, wish.source)
    standing = db.session.scalar(select(Linkage).where(Linkage.friend_id == friend.id))
    if standing is None:
        tie(wish)
    elif standing.contact_row_id != contact.id:
        shift(standing, wish)


def shift(linkage: Linkage, wish: Wish, undoes: LedgerEntry | None = None) -> None:
    """Carry a tie over to another contact that is free, inside the caller's transaction."""
    old, now = linkage.contact, utcnow()
    before = {"contact_id": old.contact_id, **_standing(linkage)}
    mine = update(Linkage).where(Linkage.id == linkage.id)
    affected(mine.values(contact_row_id=wish.contact.id, method=wish.method))
    db.session.expire(linkage)
    db.session.expire(wish.friend, ["linkage"])
    write_down("moved", wish, now, before, undoes)
    settle_conflicts(wish.friend.id, wish.contact.id, now)
    owe_mirror(old)
    owe_mirror(wish.contact)


def untie_by_hand(linkage: Linkage, actor: str) -> None:
    """A person or a program unlinks."""
    with transaction():
        untie(linkage, actor)


def owe_mirror(contact: Contact) -> None:
    """Owe HubSpot a write of this contact, inside the caller's transaction."""
    if contact.deleted_at is None:
        contact.owe_mirror()
        plant("write_contacts", contact.installation_id, contact.installation_id)


def lock_contacts(row_ids: Sequence[int]) -> list[Contact]:
    """The rows as they stand, held until the commit. Contacts come first and in one order, so that
    those who tie wait for each other and never in a ring."""
    rows = select(Contact).where(Contact.id.in_(row_ids)).order_by(Contact.id)
    # Rows that only point at a contact need not wait.
    held = rows.with_for_update(key_share=True).execution_options(populate_existing=True)
    return list(db.session.scalars(held))


def friend_row(account: OfficialAccount, line_user_id: str, now: datetime) -> Friend:
    """The friend's row, made if needed, inside the caller's transaction."""
    fresh = {
        "official_account_id": account.id, "line_user_id": line_user_id, "created_at": now,
        "tags": [], "status": "unknown", "display_name": "", "picture_url": "", "language": "",
    }  # fmt: skip
    db.session.execute(insert_or(Friend).values(fresh).on_conflict_do_nothing())
    friend = Friend.of_account(account.id, line_user_id)
    assert friend is not None  # noqa: S101 - inserted a line above
    return friend


def contact_row(installation_id: int, contact_id: int) -> Contact:
    """The contact's row, made if needed, inside the caller's transaction."""
    fresh = {
        "installation_id": installation_id, "contact_id": contact_id, "email": "",
        "firstname": "", "lastname": "", "mirror_wanted": 0, "mirror_done": 0,
        "mirror_owed": False, "mirror_error": "",
    }  # fmt: skip
    db.session.execute(insert_or(Contact).values(fresh).on_conflict_do_nothing())
    contact = Contact.of_portal(installation_id, contact_id)
    assert contact is not None  # noqa: S101 - inserted a line above
    return contact


def _decide(wish: Wish) -> tuple[Decision, Linkage | None]:
    account_id = wish.friend.official_account_id
    of_friend = db.session.scalar(select(Linkage).where(Linkage.friend_id == wish.friend.id))
    of_contact = Linkage.of_contact(account_id, wish.contact.id)
    decision = decide(
        wish.friend.id,
        wish.contact.id,
        of_friend.contact_row_id if of_friend else None,
        of_contact.friend_id if of_contact else None,
    )
    return decision, of_friend or of_contact


def _insert(wish: Wish, now: datetime) -> bool:
    row = {
        "official_account_id": wish.friend.official_account_id,
        "friend_id": wish.friend.id,
        "contact_row_id": wish.contact.id,
        "method": wish.method,
        "linked_at": now,
    }
    statement = insert_or(Linkage).values(row).on_conflict_do_nothing().returning(Linkage.id)
    made = db.session.scalar(statement) is not None
    db.session.expire(wish.friend, ["linkage"])
    return made


def _standing(linkage: Linkage) -> dict[str, Any]:
    """What a line remembers of the tie that was there."""
    return {"method": linkage.method, "linked_at": linkage.linked_at.isoformat()}
