"""HubSpot is told of what an import linked, little by little.

A list may link 100,000 contacts. Owed all at once, their writes would stand before whatever a
friend causes meanwhile; so no more is owed than the next few calls can carry.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select, update

from plugin.core.clock import utcnow
from plugin.models.base import affected, db, transaction
from plugin.models.job import plant
from plugin.models.list_import import ImportMember, ListImport
from plugin.models.people import Contact, Friend, Linkage
from plugin.services import Outside

BATCH = 200
BACKLOG = 100
WAIT = timedelta(milliseconds=500)
# Names are read from LINE first, so that they are written once; but not for longer than this.
NAMES_WAIT = timedelta(minutes=30)


def write_imported(_outside: Outside, import_id: int) -> datetime | None:
    """Owe the next writes; answers when to look again, or None where all are owed."""
    mine = ListImport.by_id(import_id)
    if mine is None:
        return None
    if _is_busy(mine) or _names_are_coming(mine):
        return utcnow() + WAIT
    with transaction():
        some = _unwritten(mine)
        _owe(mine, some)
        if not some and mine.archived_at is not None:
            gone = delete(ImportMember).where(ImportMember.list_import_id == mine.id)
            affected(gone.execution_options(synchronize_session=False))
    return utcnow() + WAIT if len(some) == BATCH else None


def _is_busy(mine: ListImport) -> bool:
    return len(Contact.owing(mine.installation_id, BACKLOG + 1)) > BACKLOG


def _names_are_coming(mine: ListImport) -> bool:
    run = mine.last_run
    if run is None or run.finished_at is None or utcnow() - run.finished_at > NAMES_WAIT:
        return False
    owed = exists().where(
        Friend.official_account_id == mine.official_account_id,
        Friend.profile_at.is_(None),
        Linkage.friend_id == Friend.id,
    )
    return bool(db.session.scalar(select(owed)))


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
