"""Decides about a list's members once all are known: link, or leave the case to a person."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Boolean, Select, bindparam, func, or_, select, update

from plugin.models.base import db
from plugin.models.imports.import_member import ImportMember
from plugin.models.imports.import_run import (
    ALREADY_LINKED,
    CONFLICTS,
    LINKED,
    UNKNOWN_FRIEND,
    ImportRun,
)
from plugin.models.imports.list_import import ListImport
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.models.sql import analyze_grown
from plugin.services import Dependencies
from plugin.services.imports.checkpoint import advance, batch
from plugin.services.imports.link import (
    IdRange,
    link_free,
    lock_member_contacts,
    mark_already_linked,
)
from plugin.services.linkage.bulk_link import BulkResult, Pair, bulk_link, decide_many
from plugin.services.linkage.history import LinkCause

BATCH = 4000
# Members that the set-based statements leave over; one conflict takes some fifteen statements.
ONE_BY_ONE = 300
OUTCOMES = {"link": LINKED, "already_linked": ALREADY_LINKED}


class Decision(NamedTuple):
    """The outcome for a contact's value, and the id that stands in the way."""

    outcome: str
    other: str = ""


def decide_batch(_deps: Dependencies, list_import: ListImport, run: ImportRun) -> None:
    """Decide about one batch; links, counts and outcomes are one transaction."""
    with batch(run):
        id_range = _next_range(list_import, run.after)
        if id_range is None:
            advance(run, "end")
            return
        analyze_grown(Contact, Friend, Linkage, ImportMember)
        cause = LinkCause("import", "import", f"list:{list_import.list_id}")
        lock_member_contacts(list_import, id_range)
        run.already_linked += mark_already_linked(list_import, id_range)
        run.linked += link_free(list_import, id_range, cause)
        members = _remaining_members(list_import, id_range)
        # The next batch takes the rest of the range, if there is any.
        end = members[-1].contact_id if len(members) == ONE_BY_ONE else id_range[1]
        advance(run, "deciding", str(end))
        if members:
            decisions = _decide_each(list_import, members, cause)
            _count_decisions(run, decisions.values())
            _store_decisions(list_import, decisions)


def _pending_members(list_import: ListImport) -> Select[tuple[ImportMember]]:
    return select(ImportMember).where(
        ImportMember.list_import_id == list_import.id, ImportMember.pending.is_(True)
    )


def _remaining_members(list_import: ListImport, id_range: IdRange) -> list[ImportMember]:
    statement = _pending_members(list_import).where(ImportMember.contact_id.between(*id_range))
    # The set-based statements changed rows that the session still holds.
    fresh = statement.order_by(ImportMember.contact_id).execution_options(populate_existing=True)
    return list(db.session.scalars(fresh.limit(ONE_BY_ONE)))


def _next_range(list_import: ListImport, after: str) -> IdRange | None:
    column = ImportMember.contact_id
    pending = _pending_members(list_import).with_only_columns(column)
    statement = pending.where(column > int(after or 0)).order_by(column)
    contact_ids = list(db.session.scalars(statement.limit(BATCH)))
    return (contact_ids[0], contact_ids[-1]) if contact_ids else None


def _decide_each(
    list_import: ListImport, members: list[ImportMember], cause: LinkCause
) -> dict[int, Decision]:
    friends = _friend_row_ids(list_import, members)
    pairs = _pairs(list_import, members, friends)
    decided = decide_many(list_import.official_account_id, list(pairs.values()))
    shared = _shared_ids(list_import, {member.line_user_id for member in members})
    decisions: dict[int, Decision] = {}
    requests: list[Pair] = []
    for member in members:
        pair = pairs.get(member.contact_id)
        if pair is None:
            # A known friend without a contact row: the contact was deleted since it was read.
            known = member.line_user_id in friends
            decisions[member.contact_id] = Decision("deleted" if known else UNKNOWN_FRIEND)
        elif decided[pair] == "link" and member.line_user_id in shared:
            # An id on two contacts is a person's decision, unless one of them is linked already.
            decisions[member.contact_id] = Decision("shared_id", _other_holder(list_import, member))
        elif decided[pair] == "link" and member.outcome in (LINKED, ALREADY_LINKED, "unlinked"):
            # This value linked the contact before and somebody unlinked it, which was a decision.
            decisions[member.contact_id] = Decision("unlinked")
        else:
            requests.append(pair)
    for pair, result in bulk_link(list_import.official_account, requests, cause).items():
        decisions[pair.contact_id] = _decision_of(result)
    return decisions


def _decision_of(result: BulkResult) -> Decision:
    return Decision(OUTCOMES.get(result.decision, result.decision), result.other)


def _friend_row_ids(list_import: ListImport, members: list[ImportMember]) -> dict[str, int]:
    statement = select(Friend.line_user_id, Friend.id).where(
        Friend.official_account_id == list_import.official_account_id,
        Friend.line_user_id.in_({member.line_user_id for member in members}),
    )
    return dict(db.session.execute(statement).tuples().all())


def _pairs(
    list_import: ListImport, members: list[ImportMember], friends: dict[str, int]
) -> dict[int, Pair]:
    """By contact id, where both the friend and the contact exist."""
    rows = select(Contact.contact_id, Contact.id).where(
        Contact.installation_id == list_import.installation_id,
        Contact.contact_id.in_([member.contact_id for member in members]),
        Contact.merged_into_id.is_(None),
        Contact.deleted_at.is_(None),
    )
    contacts = dict(db.session.execute(rows).tuples().all())
    return {
        member.contact_id: Pair(
            friends[member.line_user_id],
            member.line_user_id,
            contacts[member.contact_id],
            member.contact_id,
        )
        for member in members
        if member.line_user_id in friends and member.contact_id in contacts
    }


def _shared_ids(list_import: ListImport, user_ids: set[str]) -> set[str]:
    counted = select(ImportMember.line_user_id).where(
        ImportMember.list_import_id == list_import.id, ImportMember.line_user_id.in_(user_ids)
    )
    repeated = counted.group_by(ImportMember.line_user_id).having(func.count() > 1)
    return set(db.session.scalars(repeated))


def _other_holder(list_import: ListImport, member: ImportMember) -> str:
    twin = select(ImportMember.contact_id).where(
        ImportMember.list_import_id == list_import.id,
        ImportMember.line_user_id == member.line_user_id,
        ImportMember.contact_id != member.contact_id,
    )
    return str(db.session.scalar(twin.limit(1)) or "")


def _count_decisions(run: ImportRun, decisions: Iterable[Decision]) -> None:
    for decision in decisions:
        name = "conflict" if decision.outcome in CONFLICTS else decision.outcome
        setattr(run, name, getattr(run, name) + 1)


def _store_decisions(list_import: ListImport, decisions: dict[int, Decision]) -> None:
    rows = [
        {
            "member": contact_id,
            "new_outcome": decision.outcome,
            "new_other": decision.other,
            "newly_linked": decision.outcome == LINKED,
        }
        for contact_id, decision in decisions.items()
    ]
    table = ImportMember.__table__
    statement = (
        update(ImportMember.__table__)  # type: ignore[arg-type]
        .where(table.c.list_import_id == list_import.id, table.c.contact_id == bindparam("member"))
        .values(
            outcome=bindparam("new_outcome"),
            other=bindparam("new_other"),
            pending=False,
            # Links of an earlier run that HubSpot does not show yet stay marked.
            unwritten=or_(table.c.unwritten, bindparam("newly_linked", type_=Boolean)),
        )
    )
    db.session.connection().execute(statement, rows)
