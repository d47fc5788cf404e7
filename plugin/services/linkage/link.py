"""Link, unlink and move, always with a history entry."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, select, update

from plugin.core.clock import utcnow
from plugin.core.linkage import Decision, Method, decide
from plugin.models.audience.contact_values import expect_values, forget_unlinked
from plugin.models.base import db
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.models.session import LostRace
from plugin.models.sql import insert_or
from plugin.models.system.activity import LINKED, count, count_links
from plugin.models.system.job import enqueue
from plugin.models.transaction import affected, retried, transaction
from plugin.services.contacts.outbox import mark_for_push
from plugin.services.contacts.records import contact_row_ids_of, lock_contacts
from plugin.services.linkage.conflict_rows import close_conflicts, record_conflict
from plugin.services.linkage.history import LinkRequest, record


class LinkResult(NamedTuple):
    """`linkage`: the one made or found, or the conflicting one."""

    decision: Decision
    linkage: Linkage | None


def link(request: LinkRequest, undoes: HistoryEntry | None = None) -> LinkResult:
    """Link inside the caller's transaction; a race for one friend or contact ends in one link."""
    request = request._replace(contact=_lock_current(request.contact))
    decision, standing = _decide(request)
    now = utcnow()
    if decision == "link" and not _insert(request, now):
        # Another transaction linked one of the two in the meantime: it is a conflict now.
        decision, standing = _decide(request)
    if decision == "link":
        standing = Linkage.of_contact(request.friend.official_account_id, request.contact.id)
        account_id, user_id = request.friend.official_account_id, request.friend.line_user_id
        count_links(account_id, request.method)
        record("linked", request, now, replaced(request.contact, account_id, user_id), undoes)
        close_conflicts(request.friend.id, request.contact.id, now)
        mark_for_push(request.contact)
        expect_values(request.contact.installation_id, [request.contact.id])
    elif decision != "already_linked" and standing is not None:
        record_conflict(request, decision, standing, now)
    return LinkResult(decision, standing)


def unlink(
    linkage: Linkage,
    actor: str,
    method: Method = "manual",
    source: str = "",
    undoes: HistoryEntry | None = None,
) -> None:
    """Unlink inside the caller's transaction. Raise `LostRace` where the linkage has changed since
    it was read."""
    friend, contact = linkage.friend, linkage.contact
    lock_contacts([contact.id])
    request = LinkRequest(friend, contact, method, actor, source)
    if affected(delete(Linkage).where(*_as_read(linkage))) == 0:
        raise LostRace
    count(friend.official_account_id, LINKED, -1)
    db.session.expire(friend, ["linkage"])
    before = _former_state(linkage)
    if undoes is not None and "replaced" in undoes.before:
        before["put_back"] = undoes.before["replaced"]
    record("unlinked", request, utcnow(), before, undoes)
    forget_unlinked([contact.id])
    mark_for_push(contact)
    # LINE wants to be told of people who are unlinked (LINE Login development guidelines).
    enqueue("deauthorize", friend.id, contact.installation_id, {"contact": contact.id})


def replaced(contact: Contact, account_id: int, line_user_id: str) -> dict[str, str]:
    """Return the value that a push will overwrite, where it is no friend's LINE User ID."""
    for value in contact.may_show(account_id):
        if value not in ("", line_user_id) and Friend.of_account(account_id, value) is None:
            return {"replaced": value}
    return {}


def move(request: LinkRequest) -> None:
    """Link as requested inside the caller's transaction, ending any conflicting linkage."""
    friend, contact = request.friend, request.contact
    lock_contacts([contact.id, *contact_row_ids_of(friend)])
    conflicting = Linkage.of_contact(friend.official_account_id, contact.id)
    if conflicting is not None and conflicting.friend_id != friend.id:
        unlink(conflicting, request.actor, request.method, request.source)
    standing = db.session.scalar(select(Linkage).where(Linkage.friend_id == friend.id))
    if standing is None:
        if link(request).decision not in ("link", "already_linked"):
            raise LostRace
    elif standing.contact_row_id != contact.id:
        move_linkage(standing, request)


def move_linkage(
    linkage: Linkage, request: LinkRequest, undoes: HistoryEntry | None = None
) -> None:
    """Move a linkage to a free contact inside the caller's transaction. Raise `LostRace` where it
    has changed since it was read."""
    old_contact, now = linkage.contact, utcnow()
    before = {"contact_id": old_contact.contact_id, **_former_state(linkage)}
    lock_contacts([old_contact.id, request.contact.id])
    statement = update(Linkage).where(*_as_read(linkage))
    if affected(statement.values(contact_row_id=request.contact.id, method=request.method)) == 0:
        raise LostRace
    db.session.expire(linkage)
    db.session.expire(request.friend, ["linkage"])
    record("moved", request, now, before, undoes)
    close_conflicts(request.friend.id, request.contact.id, now)
    forget_unlinked([old_contact.id])
    expect_values(request.contact.installation_id, [request.contact.id])
    mark_for_push(old_contact)
    mark_for_push(request.contact)


def unlink_manually(linkage: Linkage, actor: str) -> None:
    _unlink_manually(linkage.id, actor)


@retried
def _unlink_manually(linkage_id: int, actor: str) -> None:
    with transaction():
        standing = db.session.get(Linkage, linkage_id)
        if standing is not None:
            unlink(standing, actor)


def _lock_current(contact: Contact) -> Contact:
    # A contact that was merged since it was read gives its linkage to the merge target.
    (held,) = lock_contacts([contact.id])
    return (
        held
        if held.merged_into_id is None
        else _lock_current(db.session.get_one(Contact, held.merged_into_id))
    )


def _decide(request: LinkRequest) -> tuple[Decision, Linkage | None]:
    account_id = request.friend.official_account_id
    of_friend = db.session.scalar(select(Linkage).where(Linkage.friend_id == request.friend.id))
    of_contact = Linkage.of_contact(account_id, request.contact.id)
    decision = decide(
        request.friend.id,
        request.contact.id,
        of_friend.contact_row_id if of_friend else None,
        of_contact.friend_id if of_contact else None,
    )
    return decision, of_friend or of_contact


def _insert(request: LinkRequest, now: datetime) -> bool:
    row = {
        "official_account_id": request.friend.official_account_id,
        "friend_id": request.friend.id,
        "contact_row_id": request.contact.id,
        "method": request.method,
        "linked_at": now,
    }
    statement = insert_or(Linkage).values(row).on_conflict_do_nothing().returning(Linkage.id)
    inserted = db.session.scalar(statement) is not None
    db.session.expire(request.friend, ["linkage"])
    return inserted


def _as_read(linkage: Linkage) -> tuple[ColumnElement[bool], ...]:
    """The conditions that the linkage still joins the same two."""
    # SQLite gives the id of a deleted row to the next one.
    return (
        Linkage.id == linkage.id,
        Linkage.friend_id == linkage.friend_id,
        Linkage.contact_row_id == linkage.contact_row_id,
    )


def _former_state(linkage: Linkage) -> dict[str, Any]:
    return {"method": linkage.method, "linked_at": linkage.linked_at.isoformat()}
