"""Deciding, when the whole list is known: who is linked, and who is left to a person."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Boolean, Select, bindparam, func, or_, select, update

from plugin.models.base import db
from plugin.models.list_import import (
    ALREADY_LINKED,
    CONFLICTS,
    LINKED,
    UNKNOWN_FRIEND,
    ImportMember,
    ImportRun,
    ListImport,
)
from plugin.models.people import Contact, Friend, Linkage
from plugin.models.upsert import count_anew
from plugin.services import Outside
from plugin.services.import_linking import Span, hold_contacts, link_free, note_linked
from plugin.services.import_progress import go_to, piece
from plugin.services.tie_many import Met, Pair, Why, decide_many, tie_many

BATCH = 4000
# Of those that the set-based statements leave over; a conflict takes some fifteen statements.
ONE_BY_ONE = 300
WORDS = {"link": LINKED, "already_linked": ALREADY_LINKED}


class Verdict(NamedTuple):
    """What a contact's value came to, and what stands in the way."""

    outcome: str
    other: str = ""


def decide_some(_outside: Outside, mine: ListImport, run: ImportRun) -> None:
    """Decide about some thousand contacts; ties, counts and outcomes are one transaction."""
    with piece(run):
        span = _next(mine, run.after)
        if span is None:
            go_to(run, "end")
            return
        count_anew(Contact, Friend, Linkage, ImportMember)
        why = Why("import", "import", f"list:{mine.list_id}")
        hold_contacts(mine, span)
        run.already_linked += note_linked(mine, span)
        run.linked += link_free(mine, span, why)
        members = _left(mine, span)
        # The others of the span, if there are any, are the next piece.
        end = members[-1].contact_id if len(members) == ONE_BY_ONE else span[1]
        go_to(run, "deciding", str(end))
        if members:
            verdicts = _verdicts(mine, members, why)
            _count(run, verdicts.values())
            _store(mine, verdicts)


def _waiting(mine: ListImport) -> Select[tuple[ImportMember]]:
    return select(ImportMember).where(
        ImportMember.list_import_id == mine.id, ImportMember.pending.is_(True)
    )


def _left(mine: ListImport, span: Span) -> list[ImportMember]:
    """Who waits still, a few at most, as they stand now."""
    some = _waiting(mine).where(ImportMember.contact_id.between(*span))
    fresh = some.order_by(ImportMember.contact_id).execution_options(populate_existing=True)
    return list(db.session.scalars(fresh.limit(ONE_BY_ONE)))


def _next(mine: ListImport, after: str) -> Span | None:
    """The contacts of the next piece; None where nobody waits."""
    ids = _waiting(mine).with_only_columns(ImportMember.contact_id)
    some = ids.where(ImportMember.contact_id > int(after or 0)).order_by(ImportMember.contact_id)
    found = list(db.session.scalars(some.limit(BATCH)))
    return (found[0], found[-1]) if found else None


def _verdicts(mine: ListImport, members: list[ImportMember], why: Why) -> dict[int, Verdict]:
    """By contact id. An id on two contacts is nobody's, unless it is tied to one already."""
    friends = _friends(mine, members)
    pairs = _pairs(mine, members, friends)
    decided = decide_many(mine.official_account_id, list(pairs.values()))
    shared = _shared(mine, {one.line_user_id for one in members})
    verdicts: dict[int, Verdict] = {}
    wishes: list[Pair] = []
    for one in members:
        pair = pairs.get(one.contact_id)
        if pair is None:
            # Without a row of its own the contact was deleted since it was read.
            known = one.line_user_id in friends
            verdicts[one.contact_id] = Verdict("deleted" if known else UNKNOWN_FRIEND)
        elif decided[pair] == "link" and one.line_user_id in shared:
            verdicts[one.contact_id] = Verdict("shared_id", _other(mine, one))
        elif decided[pair] == "link" and one.outcome in (LINKED, ALREADY_LINKED, "unlinked"):
            # It was linked by this value before and somebody unlinked it: that was a decision.
            verdicts[one.contact_id] = Verdict("unlinked")
        else:
            wishes.append(pair)
    for pair, met in tie_many(mine.official_account, wishes, why).items():
        verdicts[pair.contact_id] = _verdict(met)
    return verdicts


def _verdict(met: Met) -> Verdict:
    return Verdict(WORDS.get(met.decision, met.decision), met.other)


def _friends(mine: ListImport, members: list[ImportMember]) -> dict[str, int]:
    """Row ids of the friends that these values name, by LINE user id."""
    known = select(Friend.line_user_id, Friend.id).where(
        Friend.official_account_id == mine.official_account_id,
        Friend.line_user_id.in_({one.line_user_id for one in members}),
    )
    return dict(db.session.execute(known).tuples().all())


def _pairs(
    mine: ListImport, members: list[ImportMember], friends: dict[str, int]
) -> dict[int, Pair]:
    """The pairs of which both halves are there, by contact id."""
    rows = select(Contact.contact_id, Contact.id).where(
        Contact.installation_id == mine.installation_id,
        Contact.contact_id.in_([one.contact_id for one in members]),
        Contact.merged_into_id.is_(None),
        Contact.deleted_at.is_(None),
    )
    contacts = dict(db.session.execute(rows).tuples().all())
    return {
        one.contact_id: Pair(
            friends[one.line_user_id], one.line_user_id, contacts[one.contact_id], one.contact_id
        )
        for one in members
        if one.line_user_id in friends and one.contact_id in contacts
    }


def _shared(mine: ListImport, user_ids: set[str]) -> set[str]:
    """Ids that stand on more than one contact of the list."""
    counted = select(ImportMember.line_user_id).where(
        ImportMember.list_import_id == mine.id, ImportMember.line_user_id.in_(user_ids)
    )
    several = counted.group_by(ImportMember.line_user_id).having(func.count() > 1)
    return set(db.session.scalars(several))


def _other(mine: ListImport, member: ImportMember) -> str:
    """Another contact with the same id."""
    twin = select(ImportMember.contact_id).where(
        ImportMember.list_import_id == mine.id,
        ImportMember.line_user_id == member.line_user_id,
        ImportMember.contact_id != member.contact_id,
    )
    return str(db.session.scalar(twin.limit(1)) or "")


def _count(run: ImportRun, verdicts: Iterable[Verdict]) -> None:
    for verdict in verdicts:
        name = "conflict" if verdict.outcome in CONFLICTS else verdict.outcome
        setattr(run, name, getattr(run, name) + 1)


def _store(mine: ListImport, verdicts: dict[int, Verdict]) -> None:
    rows = [
        {
            "member": contact_id,
            "verdict": verdict.outcome,
            "way": verdict.other,
            "news": verdict.outcome == LINKED,
        }
        for contact_id, verdict in verdicts.items()
    ]
    table = ImportMember.__table__
    decided = (
        update(ImportMember.__table__)  # type: ignore[arg-type]
        .where(table.c.list_import_id == mine.id, table.c.contact_id == bindparam("member"))
        .values(
            outcome=bindparam("verdict"),
            other=bindparam("way"),
            pending=False,
            # What an earlier run linked and HubSpot was not told yet stays to be told.
            unwritten=or_(table.c.unwritten, bindparam("news", type_=Boolean)),
        )
    )
    db.session.connection().execute(decided, rows)
