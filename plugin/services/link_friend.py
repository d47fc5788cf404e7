"""Tying a friend to a contact, and untying: always with a line in the ledger."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, select, update

from plugin.core.clock import utcnow
from plugin.core.linkage import Decision, Method, decide
from plugin.models.base import affected, db, repeated, transaction
from plugin.models.job import plant
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Contact, Friend, LedgerEntry, Linkage
from plugin.models.upsert import insert_or
from plugin.services.ledger import Wish, note_conflict, settle_conflicts, write_down

__all__ = [
    "Tied", "Wish", "contact_row", "contact_rows_of", "friend_row", "lock_contacts", "move",
    "owe_mirror", "replaced", "shift", "tie", "untie", "untie_by_hand",
]  # fmt: skip


class Tied(NamedTuple):
    """What the wish came to; `linkage` is the tie made or found, or what stands in its way."""

    decision: Decision
    linkage: Linkage | None


def tie(wish: Wish, undoes: LedgerEntry | None = None) -> Tied:
    """Tie inside the caller's transaction; a race for one contact or friend ends in one tie."""
    wish = wish._replace(contact=_held(wish.contact))
    decision, standing = _decide(wish)
    now = utcnow()
    if decision == "link" and not _insert(wish, now):
        # Somebody tied one of the two since we looked: look again, it is a conflict now.
        decision, standing = _decide(wish)
    if decision == "link":
        standing = Linkage.of_contact(wish.friend.official_account_id, wish.contact.id)
        account_id, user_id = wish.friend.official_account_id, wish.friend.line_user_id
        write_down("linked", wish, now, replaced(wish.contact, account_id, user_id), undoes)
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
    lock_contacts([contact.id])
    wish = Wish(friend, contact, method, actor, source)
    if affected(delete(Linkage).where(*_as_read(linkage))) == 1:
        db.session.expire(friend, ["linkage"])
        before = _standing(linkage)
        if undoes is not None and "replaced" in undoes.before:
            before["put_back"] = undoes.before["replaced"]
        write_down("unlinked", wish, utcnow(), before, undoes)
        owe_mirror(contact)
        plant("deauthorize", friend.id, contact.installation_id, {"contact": contact.id})


def replaced(contact: Contact, account_id: int, line_user_id: str) -> dict[str, str]:
    """What HubSpot shows that is nobody's LINE User ID here, and is about to be written over."""
    for value in contact.may_show(account_id):
        if value not in ("", line_user_id) and Friend.of_account(account_id, value) is None:
            return {"replaced": value}
    return {}


def move(wish: Wish) -> None:
    """Tie as wished inside the caller's transaction; a tie that is in the way gives way."""
    friend, contact = wish.friend, wish.contact
    lock_contacts([contact.id, *contact_rows_of(friend)])
    in_the_way = Linkage.of_contact(friend.official_account_id, contact.id)
    if in_the_way is not None and in_the_way.friend_id != friend.id:
        untie(in_the_way, wish.actor, wish.method, wish.source)
    standing = db.session.scalar(select(Linkage).where(Linkage.friend_id == friend.id))
    if standing is None:
        tie(wish)
    elif standing.contact_row_id != contact.id:
        shift(standing, wish)


def shift(linkage: Linkage, wish: Wish, undoes: LedgerEntry | None = None) -> bool:
    """Carry a tie over to another contact that is free, inside the caller's transaction.

    False: the tie is not any more what it was when it was read.
    """
    old, now = linkage.contact, utcnow()
    before = {"contact_id": old.contact_id, **_standing(linkage)}
    lock_contacts([old.id, wish.contact.id])
    mine = update(Linkage).where(*_as_read(linkage))
    if affected(mine.values(contact_row_id=wish.contact.id, method=wish.method)) == 0:
        return False
    db.session.expire(linkage)
    db.session.expire(wish.friend, ["linkage"])
    write_down("moved", wish, now, before, undoes)
    settle_conflicts(wish.friend.id, wish.contact.id, now)
    owe_mirror(old)
    owe_mirror(wish.contact)
    return True


def untie_by_hand(linkage: Linkage, actor: str) -> None:
    """A person or a program unlinks."""
    _untie_by_hand(linkage.id, actor)


@repeated
def _untie_by_hand(linkage_id: int, actor: str) -> None:
    with transaction():
        standing = db.session.get(Linkage, linkage_id, populate_existing=True)
        if standing is not None:
            untie(standing, actor)


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


def _held(contact: Contact) -> Contact:
    """The contact as it stands, held; or the one that it was merged into since it was read."""
    (held,) = lock_contacts([contact.id])
    return (
        held
        if held.merged_into_id is None
        else _held(db.session.get_one(Contact, held.merged_into_id))
    )


def contact_rows_of(friend: Friend) -> list[int]:
    """The row of the contact that the friend is tied to, if any."""
    return list(
        db.session.scalars(select(Linkage.contact_row_id).where(Linkage.friend_id == friend.id))
    )


def friend_row(
    account: OfficialAccount, line_user_id: str, now: datetime, *, held: bool = False
) -> Friend:
    """The friend's row, made if needed, inside the caller's transaction; `held` until its end."""
    fresh = {
        "official_account_id": account.id, "line_user_id": line_user_id, "created_at": now,
        "tags": [], "status": "unknown", "display_name": "", "picture_url": "", "language": "",
    }  # fmt: skip
    db.session.execute(insert_or(Friend).values(fresh).on_conflict_do_nothing())
    mine = select(Friend).where(Friend.official_account_id == account.id)
    mine = mine.where(Friend.line_user_id == line_user_id)
    if held:
        mine = mine.with_for_update(key_share=True, of=Friend)
        mine = mine.execution_options(populate_existing=True)
    friend = db.session.scalar(mine)
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


def _as_read(linkage: Linkage) -> tuple[ColumnElement[bool], ...]:
    """The tie, if it still holds the same contact."""
    return Linkage.id == linkage.id, Linkage.contact_row_id == linkage.contact_row_id


def _standing(linkage: Linkage) -> dict[str, Any]:
    """What a line remembers of the tie that was there."""
    return {"method": linkage.method, "linked_at": linkage.linked_at.isoformat()}
