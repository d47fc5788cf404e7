"""Links the unambiguous members by set-based statements: a few for thousands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, literal, select, update
from sqlalchemy.orm import aliased

from plugin.core.clock import utcnow
from plugin.models.base import UTCDateTime, db
from plugin.models.imports.import_member import ImportMember
from plugin.models.imports.import_run import ALREADY_LINKED, LINKED
from plugin.models.imports.list_import import ListImport
from plugin.models.people.conflict import Conflict
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.models.sql import insert_rows
from plugin.models.system.activity import count_links
from plugin.models.transaction import affected
from plugin.services.linkage.history import LinkCause, entry_columns, record_selected
from plugin.services.outgoing.facts import LinkedPair, many_linked

# Earlier outcomes of a value that linked; somebody may have unlinked it since.
ONCE_LINKED = (LINKED, ALREADY_LINKED, "unlinked")
# The first and the last contact id of a batch.
IdRange = tuple[int, int]


def lock_member_contacts(list_import: ListImport, id_range: IdRange) -> None:
    """Lock the contacts in the one order that every link uses, so that there is no deadlock."""
    contacts = _pending_pairs(list_import, id_range, Contact.id).order_by(Contact.id)
    db.session.execute(contacts.with_for_update(key_share=True, of=Contact))


def mark_already_linked(list_import: ListImport, id_range: IdRange) -> int:
    """Mark pending members whose value is linked already; return how many."""
    values = {"outcome": ALREADY_LINKED, "other": "", "pending": False}
    return _update_members(
        list_import, _linked_pairs(list_import, id_range, ImportMember.contact_id), values
    )


def link_free(list_import: ListImport, id_range: IdRange, cause: LinkCause) -> int:
    """Link members whose friend, contact and id are free of conflicts; return how many.

    Call it after `mark_already_linked`. Members that lose a race stay pending.
    """
    now = utcnow()
    columns = ["official_account_id", "friend_id", "contact_row_id", "method", "linked_at"]
    # In one order too, since another transaction may link these friends to other contacts.
    free = _free_pairs(list_import, id_range, cause, now).order_by(Friend.id)
    statement = insert_rows(Linkage).from_select(columns, free).on_conflict_do_nothing()
    ids = list(db.session.scalars(statement.returning(Linkage.id)))
    if ids:
        account_id = list_import.official_account_id
        count_links(account_id, cause.method, len(ids))
        entry_values = entry_columns("linked", list_import.installation_id, account_id, cause, now)
        entries = _just_linked(list_import, ids, now, *entry_values.values()).order_by(Linkage.id)
        record_selected(entry_values, entries)
        many_linked(
            list_import.installation_id,
            account_id,
            cause.method,
            lambda: _linked_pairs_of(list_import, ids, now),
            now,
        )
        values = {"outcome": LINKED, "other": "", "pending": False, "unwritten": True}
        _update_members(
            list_import, _just_linked(list_import, ids, now, Contact.contact_id), values
        )
    return len(ids)


def _linked_pairs_of(
    list_import: ListImport, ids: Sequence[int], now: datetime
) -> list[LinkedPair]:
    columns = Friend.id, Friend.line_user_id, Contact.contact_id
    pairs = _just_linked(list_import, ids, now, *columns).order_by(Linkage.id)
    return [LinkedPair(*row) for row in db.session.execute(pairs).tuples()]


def _just_linked(
    list_import: ListImport, ids: Sequence[int], now: datetime, *columns: Any
) -> Select[Any]:
    statement = select(*columns).select_from(Linkage).join(Contact).join(Friend, Linkage.friend)
    return statement.where(
        # Thousands of ids in a statement would cost more than the lookup that they serve.
        Linkage.id.between(min(ids), max(ids)),
        Linkage.official_account_id == list_import.official_account_id,
        Linkage.linked_at == now,
    )


def _linked_pairs(list_import: ListImport, id_range: IdRange, *columns: Any) -> Select[Any]:
    linkage = and_(Linkage.friend_id == Friend.id, Linkage.contact_row_id == Contact.id)
    return _pending_pairs(list_import, id_range, *columns).join(Linkage, linkage)


def _pending_pairs(list_import: ListImport, id_range: IdRange, *columns: Any) -> Select[Any]:
    """Select from pending members whose friend and contact both exist."""
    friend = and_(
        Friend.official_account_id == list_import.official_account_id,
        Friend.line_user_id == ImportMember.line_user_id,
    )
    contact = and_(
        Contact.installation_id == list_import.installation_id,
        Contact.contact_id == ImportMember.contact_id,
        Contact.merged_into_id.is_(None),
        Contact.deleted_at.is_(None),
    )
    pairs = select(*columns).select_from(ImportMember).join(Friend, friend).join(Contact, contact)
    return pairs.where(
        ImportMember.list_import_id == list_import.id,
        ImportMember.pending.is_(True),
        ImportMember.contact_id.between(*id_range),
    ).correlate(None)


def _free_pairs(
    list_import: ListImport, id_range: IdRange, cause: LinkCause, now: datetime
) -> Select[Any]:
    """Select the linkages to insert, as rows of `Linkage`."""
    account, twin = list_import.official_account_id, aliased(ImportMember)
    linked = exists().where(Linkage.friend_id == Friend.id)
    occupied = exists().where(
        Linkage.official_account_id == account, Linkage.contact_row_id == Contact.id
    )
    # Counted, since PostgreSQL would rather scan all members once more than look for twins.
    same = select(func.count()).where(
        twin.list_import_id == list_import.id, twin.line_user_id == ImportMember.line_user_id
    )
    alone = same.scalar_subquery() == 1
    requested = exists().where(Conflict.friend_id == Friend.id, Conflict.decided_at.is_(None))
    at = literal(now, UTCDateTime)
    pairs = _pending_pairs(
        list_import, id_range, literal(account), Friend.id, Contact.id, literal(cause.method), at
    )
    plain = ImportMember.outcome.not_in(ONCE_LINKED), ImportMember.other == ""
    return pairs.where(*plain, ~linked, ~occupied, ~requested, alone)


def _update_members(
    list_import: ListImport, contact_ids: Select[Any], values: dict[str, Any]
) -> int:
    members = update(ImportMember).where(
        ImportMember.list_import_id == list_import.id, ImportMember.contact_id.in_(contact_ids)
    )
    return affected(members.values(values).execution_options(synchronize_session=False))
