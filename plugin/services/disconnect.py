"""Pausing HubSpot, going on, and removing it: three things with three names.

A pause keeps everything and does nothing. A removal takes away what HubSpot brought, after saying
what that is. A token that HubSpot refuses is neither: it only stops the work (`portal_access`).
"""

from typing import Literal, NamedTuple

from sqlalchemy import func, select, update

from plugin.models.base import affected, db, transaction
from plugin.models.conflict import Conflict
from plugin.models.installation import ACTIVE, DISCONNECTED, PAUSED, REMOVING, Installation
from plugin.models.job import Job, plant
from plugin.models.people import Contact, LedgerEntry, Linkage
from plugin.models.qr_code import LinkageToken
from plugin.services.portal_access import NOT_CONNECTED

Mode = Literal["pause", "resume", "remove"]
MODES: tuple[Mode, ...] = ("pause", "resume", "remove")
# From which states each deed begins, and where it leads.
_WAYS: dict[str, tuple[tuple[str, ...], str]] = {
    "pause": ((ACTIVE,), PAUSED),
    "resume": ((PAUSED,), ACTIVE),
    "remove": ((ACTIVE, PAUSED, DISCONNECTED), REMOVING),
}
# What may have been left undone while nothing went out.
_WORK = (
    "ensure_properties", "write_contacts", "check_contacts", "complete_callbacks", "hubspot_inbox",
    "refresh_token", "run_taken",
)  # fmt: skip


class Loss(NamedTuple):
    """What a removal deletes."""

    contacts: int
    linkages: int
    conflicts: int
    ledger: int
    tokens: int


def disconnect(installation: Installation, mode: Mode) -> bool:
    """Pause, resume or remove; False where HubSpot is not in a state that this begins from."""
    begins_from, leads_to = _WAYS[mode]
    mine = update(Installation).where(
        Installation.id == installation.id, Installation.state.in_(begins_from)
    )
    with transaction():
        if affected(mine.values(state=leads_to)) == 0:
            return False
        if mode == "remove":
            plant("remove_hubspot", installation.id, installation.id)
        elif mode == "resume":
            wake(installation.id)
    db.session.refresh(installation)
    return True


def wake(installation_id: int) -> None:
    """Owe all work that may have stood still, inside the caller's transaction."""
    for kind in _WORK:
        plant(kind, installation_id, installation_id)
    stood = update(Job).where(
        Job.lane == installation_id, Job.parked, Job.last_error == NOT_CONNECTED
    )
    # A moment that is long past: due now.
    values = {"parked": False, "attempts": 0, "last_error": "", "ready_ms": 0}
    db.session.execute(stood.values(values), execution_options={"synchronize_session": False})


def would_be_gone(installation_id: int) -> Loss:
    """Counted before a removal, for the person who decides."""
    ties = Linkage.owned(installation_id).with_only_columns(func.count())
    return Loss(
        contacts=_count(Contact, installation_id),
        linkages=db.session.scalar(ties) or 0,
        conflicts=_count(Conflict, installation_id),
        ledger=_count(LedgerEntry, installation_id),
        tokens=_count(LinkageToken, installation_id),
    )


def _count(
    model: type[Contact | Conflict | LedgerEntry | LinkageToken], installation_id: int
) -> int:
    counted = select(func.count()).select_from(model)
    return db.session.scalar(counted.where(model.installation_id == installation_id)) or 0
