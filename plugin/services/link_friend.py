"""Tying a friend to a contact, and untying: always with a line in the ledger."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, select

from plugin.core.clock import utcnow
from plugin.core.linkage import Decision, Method, decide
from plugin.models.base import affected, db, transaction
from plugin.models.job import plant
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Contact, Friend, LedgerEntry, Linkage
from plugin.models.upsert import insert_or


class Wish(NamedTuple):
    """Who wants which tie and why. `actor`: the friend, a member's e-mail, an API key, a job."""

    friend: Friend
    contact: Contact
    method: Method
    actor: str
    source: str = ""


class Tied(NamedTuple):
    """What the wish came to; `linkage` is the tie made or found, or what stands in its way."""

    decision: Decision
    linkage: Linkage | None


def tie(wish: Wish) -> Tied:
    """Tie inside the caller's transaction; a race for one contact or friend ends in one tie."""
    decision, standing = _decide(wish)
    now = utcnow()
    if decision == "link" and not _insert(wish, now):
        # Somebody tied one of the two since we looked: look again, it is a conflict now.
        decision, standing = _decide(wish)
    if decision == "link":
        standing = Linkage.of_contact(wish.friend.official_account_id, wish.contact.id)
        _write_down("linked", wish, now)
        owe_mirror(wish.contact)
    elif decision != "already_linked" and standing is not None:
        before = {"contact_id": standing.contact.contact_id, "friend_id": standing.friend_id}
        _write_down("conflict", wish, now, {**before, "decision": decision})
    return Tied(decision, standing)


def untie(linkage: Linkage, actor: str, method: Method = "manual", source: str = "") -> None:
    """Untie inside the caller's transaction; HubSpot's properties are cleared afterwards."""
    wish = Wish(linkage.friend, linkage.contact, method, actor, source)
    before = {"method": linkage.method, "linked_at": linkage.linked_at.isoformat()}
    if affected(delete(Linkage).where(Linkage.id == linkage.id)) == 1:
        db.session.expire(linkage.friend, ["linkage"])
        _write_down("unlinked", wish, utcnow(), before)
        owe_mirror(linkage.contact)


def untie_by_hand(linkage: Linkage, actor: str) -> None:
    """A person or a program unlinks."""
    with transaction():
        untie(linkage, actor)


def owe_mirror(contact: Contact) -> None:
    """Owe HubSpot a write of this contact, inside the caller's transaction."""
    if contact.deleted_at is None:
        contact.owe_mirror()
        plant("write_contacts", contact.installation_id, contact.installation_id)


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


def _write_down(deed: str, wish: Wish, now: datetime, before: dict[str, Any] | None = None) -> None:
    db.session.add(
        LedgerEntry(
            installation_id=wish.contact.installation_id,
            official_account_id=wish.friend.official_account_id,
            at=now,
            deed=deed,
            method=wish.method,
            actor=wish.actor,
            source=wish.source,
            line_user_id=wish.friend.line_user_id,
            contact_id=wish.contact.contact_id,
            before=before or {},
        )
    )
