"""HubSpot is told of what an import linked, little by little.

A list may link 100,000 contacts. Owed all at once, their writes would stand before whatever a
friend causes meanwhile; so no more is owed than the next few calls can carry.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models.base import affected, db, transaction
from plugin.models.installation import Installation
from plugin.models.job import plant
from plugin.models.list_import import ImportMember, ListImport
from plugin.models.people import Contact, Friend, Linkage
from plugin.services import Outside
from plugin.services.read_profiles import read_profiles_of

BATCH = 400
BACKLOG = 400
WAIT = timedelta(milliseconds=200)
PAUSED_WAIT = timedelta(minutes=1)
# Names are read from LINE first, so that they are written once; but not for longer than this.
NAMES_WAIT = timedelta(minutes=30)


def write_imported(outside: Outside, import_id: int) -> datetime | None:
    """Owe the next writes; answers when to look again, or None where all are owed."""
    mine = ListImport.by_id(import_id)
    if mine is None:
        return None
    installation = Installation.by_id(mine.installation_id)
    if installation is None or not installation.is_alive:
        return utcnow() + PAUSED_WAIT
    some = _unwritten(mine)
    _read_names(outside, mine, some)
    if some and _is_busy(mine):
        return utcnow() + WAIT
    with transaction():
        _owe(mine, some)
        if len(some) == BATCH:
            return utcnow()
        plant("read_profiles", mine.official_account_id, mine.installation_id)
        if mine.archived_at is not None:
            gone = delete(ImportMember).where(ImportMember.list_import_id == mine.id)
            affected(gone.execution_options(synchronize_session=False))
    return None


def _is_busy(mine: ListImport) -> bool:
    owed = select(Contact.id).where(
        Contact.installation_id == mine.installation_id, Contact.mirror_owed
    )
    some = owed.limit(BACKLOG + 1).subquery()
    return (db.session.scalar(select(func.count()).select_from(some)) or 0) > BACKLOG


def _read_names(outside: Outside, mine: ListImport, contact_ids: list[int]) -> None:
    """LINE may fail for a while; where it refuses, HubSpot is told without names."""
    nameless = (
        select(Friend.id, Friend.line_user_id)
        .join(Linkage)
        .join(Contact)
        .where(
            Linkage.official_account_id == mine.official_account_id,
            Contact.installation_id == mine.installation_id,
            Contact.contact_id.in_(contact_ids),
            Friend.profile_at.is_(None),
        )
    )
    friends = dict(db.session.execute(nameless).tuples().all())
    if mine.official_account.archived_at is not None:
        return
    try:
        read_profiles_of(outside, mine.official_account, friends)
    except GatewayError as error:
        if not error.permanent and _may_wait(mine):
            raise


def _may_wait(mine: ListImport) -> bool:
    run = mine.last_run
    return not run or not run.finished_at or utcnow() - run.finished_at < NAMES_WAIT


def _unwritten(mine: ListImport) -> list[int]:
    waiting = select(ImportMember.contact_id).where(
        ImportMember.list_import_id == mine.id, ImportMember.unwritten.is_(True)
    )
    return list(db.session.scalars(waiting.order_by(ImportMember.contact_id).limit(BATCH)))


def _owe(mine: ListImport, contact_ids: list[int]) -> None:
    if not contact_ids:
        return
    contacts = update(Contact).where(
        Contact.installation_id == mine.installation_id,
        Contact.contact_id.in_(contact_ids),
        Contact.deleted_at.is_(None),
    )
    owed = contacts.values(mirror_owed=True, mirror_wanted=Contact.mirror_wanted + 1)
    affected(owed.execution_options(synchronize_session=False))
    written = update(ImportMember).where(
        ImportMember.list_import_id == mine.id, ImportMember.contact_id.in_(contact_ids)
    )
    affected(written.values(unwritten=False).execution_options(synchronize_session=False))
    plant("write_contacts", mine.installation_id, mine.installation_id)
