"""Links that need no second thought, made by the database: a few statements for thousands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Select, and_, exists, func, literal, select, update
from sqlalchemy.orm import aliased

from plugin.core.clock import utcnow
from plugin.models.base import UTCDateTime, affected, db
from plugin.models.conflict import Conflict
from plugin.models.list_import import ALREADY_LINKED, LINKED, ImportMember, ListImport
from plugin.models.people import Contact, Friend, LedgerEntry, Linkage
from plugin.models.upsert import insert_rows
from plugin.services.tie_many import Why

# What a value can have come to before, if it linked; somebody may have unlinked it since.
ONCE_LINKED = (LINKED, ALREADY_LINKED, "unlinked")
# The first and the last contact id of a piece.
Span = tuple[int, int]


def hold_contacts(mine: ListImport, span: Span) -> None:
    """Whoever ties holds the contacts first, in one order, and so waits but never in a ring."""
    contacts = _pairs(mine, span, Contact.id).order_by(Contact.id)
    db.session.execute(contacts.with_for_update(key_share=True, of=Contact))


def note_linked(mine: ListImport, span: Span) -> int:
    """Who waits for a decision, of the contacts in `span`, and is linked as wished; how many."""
    values = {"outcome": ALREADY_LINKED, "other": "", "pending": False}
    return _decided(mine, _tied(mine, span, ImportMember.contact_id), values)


def link_free(mine: ListImport, span: Span, why: Why) -> int:
    """Link those of `span` whose friend and contact are free, whose id stands on nobody else of
    the list, and about whom nothing is left to decide; how many.

    After `note_linked`, inside the caller's transaction. Who loses a race still waits afterwards.
    """
    now = utcnow()
    ties = ["official_account_id", "friend_id", "contact_row_id", "method", "linked_at"]
    # In one order too, since friends of theirs may be wanted for other contacts.
    free = _free(mine, span, why, now).order_by(Friend.id)
    made = insert_rows(Linkage).from_select(ties, free).on_conflict_do_nothing()
    ids = list(db.session.scalars(made.returning(Linkage.id)))
    if ids:
        facts = _ledger_facts(mine, why, now)
        lines = _made(mine, ids, now, *facts.values()).order_by(Linkage.id)
        db.session.execute(insert_rows(LedgerEntry).from_select([*facts], lines))
        values = {"outcome": LINKED, "other": "", "pending": False, "unwritten": True}
        _decided(mine, _made(mine, ids, now, Contact.contact_id), values)
    return len(ids)


def _made(mine: ListImport, ids: Sequence[int], now: datetime, *columns: Any) -> Select[Any]:
    """Of the ties that were just made. Thousands of ids in a statement would cost more than what
    they are looked up for."""
    ties = select(*columns).select_from(Linkage).join(Contact).join(Friend, Linkage.friend)
    return ties.where(
        Linkage.id.between(min(ids), max(ids)),
        Linkage.official_account_id == mine.official_account_id,
        Linkage.linked_at == now,
    )


def _tied(mine: ListImport, span: Span, *columns: Any) -> Select[Any]:
    """Of those who wait, the pairs that are tied to each other."""
    tie = and_(Linkage.friend_id == Friend.id, Linkage.contact_row_id == Contact.id)
    return _pairs(mine, span, *columns).join(Linkage, tie)


def _pairs(mine: ListImport, span: Span, *columns: Any) -> Select[Any]:
    """Of those who wait, the pairs of which both halves are there."""
    friend = and_(
        Friend.official_account_id == mine.official_account_id,
        Friend.line_user_id == ImportMember.line_user_id,
    )
    contact = and_(
        Contact.installation_id == mine.installation_id,
        Contact.contact_id == ImportMember.contact_id,
        Contact.merged_into_id.is_(None),
        Contact.deleted_at.is_(None),
    )
    pairs = select(*columns).select_from(ImportMember).join(Friend, friend).join(Contact, contact)
    return pairs.where(
        ImportMember.list_import_id == mine.id,
        ImportMember.pending.is_(True),
        ImportMember.contact_id.between(*span),
    ).correlate(None)


def _free(mine: ListImport, span: Span, why: Why, now: datetime) -> Select[Any]:
    """The ties to make, as rows of `Linkage`."""
    account, twin = mine.official_account_id, aliased(ImportMember)
    tied = exists().where(Linkage.friend_id == Friend.id)
    taken = exists().where(
        Linkage.official_account_id == account, Linkage.contact_row_id == Contact.id
    )
    # Counted, since PostgreSQL would rather go through all members once more than look for twins.
    same = select(func.count()).where(
        twin.list_import_id == mine.id, twin.line_user_id == ImportMember.line_user_id
    )
    alone = same.scalar_subquery() == 1
    wished = exists().where(Conflict.friend_id == Friend.id, Conflict.decided_at.is_(None))
    at = literal(now, UTCDateTime)
    pairs = _pairs(mine, span, literal(account), Friend.id, Contact.id, literal(why.method), at)
    plain = ImportMember.outcome.not_in(ONCE_LINKED), ImportMember.other == ""
    return pairs.where(*plain, ~tied, ~taken, ~wished, alone)


def _decided(mine: ListImport, contact_ids: Select[Any], values: dict[str, Any]) -> int:
    members = update(ImportMember).where(
        ImportMember.list_import_id == mine.id, ImportMember.contact_id.in_(contact_ids)
    )
    return affected(members.values(values).execution_options(synchronize_session=False))


def _ledger_facts(mine: ListImport, why: Why, now: datetime) -> dict[str, Any]:
    return {
        "installation_id": literal(mine.installation_id),
        "official_account_id": literal(mine.official_account_id),
        "at": literal(now, UTCDateTime),
        "deed": literal("linked"),
        "method": literal(why.method),
        "actor": literal(why.actor),
        "source": literal(why.source),
        "line_user_id": Friend.line_user_id,
        "contact_id": Contact.contact_id,
        "before": literal({}, JSON),
    }
