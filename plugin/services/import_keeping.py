"""Keeping what was read of the members of a list, with a handful of statements a hundred."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from plugin.core.importing import Reading, read_value
from plugin.core.linkage import looks_like_user_id
from plugin.gateways import ContactRecord
from plugin.models.base import affected, db
from plugin.models.list_import import (
    EMPTY,
    INVALID_ID,
    ImportMember,
    ImportRun,
    Known,
    ListImport,
)
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Contact, Linkage
from plugin.models.upsert import count_anew, upsert
from plugin.services.offered_ids import own_property, value_of
from plugin.services.take_property import Finding, take_own

# What a value without exactly one id comes to at once; a good id waits for a decision.
AT_ONCE: dict[Reading, str] = {
    "empty": EMPTY,
    "invalid_id": INVALID_ID,
    "several_ids": "several_ids",
}
MEMBER = upsert(
    ImportMember,
    (
        "list_import_id",
        "contact_id",
        "run_id",
        "value",
        "line_user_id",
        "outcome",
        "other",
        "pending",
    ),
    keys=("list_import_id", "contact_id"),
    taken=("run_id", "value", "line_user_id", "outcome", "other", "pending"),
)
CONTACT = upsert(
    Contact,
    ("installation_id", "contact_id", "email", "firstname", "lastname", "read_at"),
    keys=("installation_id", "contact_id"),
    taken=("email", "firstname", "lastname", "read_at"),
)


def keep_records(
    mine: ListImport, run: ImportRun, records: Sequence[ContactRecord], asked_at: datetime
) -> None:
    """Keep contacts as HubSpot showed them when asked, and count them; inside `piece`."""
    if not records:
        return
    known = ImportMember.of_contacts(mine.id, [one.contact_id for one in records])
    others = _others(mine, records)
    rows = [
        _member(mine, run, one, known.get(one.contact_id), others.get(one.contact_id, ""))
        for one in records
    ]
    _count(run, rows)
    _reopen_shared(mine, known, rows)
    db.session.execute(MEMBER, rows)
    with_id = {row["contact_id"] for row in rows if row["pending"]}
    shown = [one for one in records if one.contact_id in with_id]
    _keep_contacts(mine.installation_id, shown, asked_at)
    odd = {row["contact_id"]: row["other"] for row in rows if row["other"]}
    _write_down_odd(mine.official_account, odd)
    count_anew(Contact, ImportMember)


def forget_deleted(mine: ListImport, run: ImportRun, contact_ids: list[int]) -> None:
    """Contacts that are in the list and no longer in HubSpot; inside `piece`."""
    run.deleted += len(contact_ids)
    gone = ImportMember.contact_id.in_(contact_ids)
    mine_gone = delete(ImportMember).where(ImportMember.list_import_id == mine.id, gone)
    db.session.execute(mine_gone.execution_options(synchronize_session=False))


def unmet(mine: ListImport, run: ImportRun, contact_ids: Sequence[int]) -> list[int]:
    """Those whom this run has neither read nor is about to."""
    met = select(ImportMember.contact_id).where(
        ImportMember.list_import_id == mine.id,
        ImportMember.contact_id.in_(contact_ids),
        ImportMember.run_id == run.id,
    )
    done = {*db.session.scalars(met), *run.pending}
    return [one for one in dict.fromkeys(contact_ids) if one not in done]


def _others(mine: ListImport, records: Sequence[ContactRecord]) -> dict[int, str]:
    """What stands in the account's own property, where we did not put it, by contact.

    An import from another property would write over it. Of two ids nobody but a person knows which
    is right; anything else is written down, so that an undo can put it back.
    """
    name = own_property(mine.official_account)
    if name == mine.property_name:
        return {}
    own = {one.contact_id: value_of(one, name).replace("\0", "") for one in records}
    ids = {one.contact_id: value_of(one, mine.property_name) for one in records}
    other = {one: value for one, value in own.items() if value not in ("", ids[one])}
    known = Contact.of_portal_many(mine.installation_id, other)
    for contact_id, contact in known.items():
        if other[contact_id] in contact.may_show(mine.official_account_id):
            del other[contact_id]
    return other


def _member(
    mine: ListImport, run: ImportRun, record: ContactRecord, old: Known | None, other: str
) -> dict[str, Any]:
    text = value_of(record, mine.property_name).replace("\0", "")
    both = f"{text}; {other}" if text and looks_like_user_id(other) else text
    reading, line_user_id = read_value(both)
    text = both if reading == "several_ids" else text
    same = old is not None and old.line_user_id == line_user_id
    return {
        "list_import_id": mine.id,
        "contact_id": record.contact_id,
        "run_id": run.id,
        "value": text[:255],
        "line_user_id": line_user_id,
        # A value that did not change remembers what it came to, for the decision to look at.
        "outcome": AT_ONCE.get(reading, old.outcome if old is not None and same else ""),
        # It is to be linked one by one, with what it replaces in the ledger.
        "other": other[:80] if reading == "id" else "",
        "pending": reading == "id",
    }


def _count(run: ImportRun, rows: list[dict[str, Any]]) -> None:
    run.read += len(rows)
    for row in rows:
        run.empty += row["outcome"] == EMPTY
        run.invalid_id += row["outcome"] == INVALID_ID
        run.conflict += row["outcome"] == "several_ids"


def _reopen_shared(
    mine: ListImport, known: Mapping[int, Known], rows: list[dict[str, Any]]
) -> None:
    """Where one of two contacts gave an id up, the other's case is looked at again."""
    now = {row["contact_id"]: row["line_user_id"] for row in rows}
    given_up = {
        old.line_user_id
        for contact_id, old in known.items()
        if old.outcome == "shared_id" and old.line_user_id != now[contact_id]
    }
    if given_up:
        others = update(ImportMember).where(
            ImportMember.list_import_id == mine.id, ImportMember.line_user_id.in_(given_up)
        )
        affected(others.values(pending=True).execution_options(synchronize_session=False))


def _keep_contacts(installation_id: int, records: list[ContactRecord], asked_at: datetime) -> None:
    """Names and addresses, of those contacts only that may come to be linked."""
    if not records:
        return
    rows = [
        {
            "installation_id": installation_id,
            "contact_id": record.contact_id,
            "email": _text(record, "email", 320),
            "firstname": _text(record, "firstname", 255),
            "lastname": _text(record, "lastname", 255),
            "read_at": asked_at,
        }
        for record in records
    ]
    db.session.execute(CONTACT, rows)
    # Deleted before we asked and shown all the same: somebody has restored it.
    restored = update(Contact).where(
        Contact.installation_id == installation_id,
        Contact.contact_id.in_([record.contact_id for record in records]),
        Contact.deleted_at < asked_at,
    )
    affected(restored.values(deleted_at=None).execution_options(synchronize_session=False))


def _write_down_odd(account: OfficialAccount, odd: Mapping[int, str]) -> None:
    contacts = Contact.of_portal_many(account.installation_id, odd)
    ties = {
        one.contact_row_id: one
        for one in Linkage.of_contacts(contact.id for contact in contacts.values())
        if one.official_account_id == account.id
    }
    for contact_id, contact in contacts.items():
        finding = Finding(account, own_property(account), odd[contact_id], "nobody")
        take_own(contact, ties.get(contact.id), finding)


def _text(record: ContactRecord, name: str, longest: int) -> str:
    return (record.properties.get(name) or "").replace("\0", "")[:longest]
