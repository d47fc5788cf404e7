"""Pauses, resumes and removes HubSpot.

A pause keeps everything and does nothing. A removal deletes what HubSpot brought, after showing
what that is. A token that HubSpot refuses is neither: it only stops the work (`portal_access`).
"""

from typing import Literal, NamedTuple

from sqlalchemy import func, select, update

from plugin.models.base import db
from plugin.models.connections.installation import (
    ACTIVE,
    DISCONNECTED,
    PAUSED,
    REMOVING,
    Installation,
)
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.login_flow.linkage_token import LinkageToken
from plugin.models.people.conflict import Conflict
from plugin.models.people.contact import Contact
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.models.system.activity import LINKED, totals
from plugin.models.system.job import enqueue, release
from plugin.models.system.job_kinds import RESTING
from plugin.models.transaction import affected, transaction
from plugin.services.connections.access_token import NOT_CONNECTED, REFUSED, SENDS_WAIT

Mode = Literal["pause", "resume", "remove"]
# A page counts no further.
MOST_COUNTED = 10_000
MODES: tuple[Mode, ...] = ("pause", "resume", "remove")
# From which states each mode begins, and where it leads.
_TRANSITIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "pause": ((ACTIVE,), PAUSED),
    "resume": ((PAUSED,), ACTIVE),
    "remove": ((ACTIVE, PAUSED, DISCONNECTED), REMOVING),
}


class RemovalCounts(NamedTuple):
    """Row counts of what a removal deletes."""

    contacts: int
    linkages: int
    conflicts: int
    ledger: int
    tokens: int


def switch_mode(installation: Installation, mode: Mode) -> bool:
    """Pause, resume or remove; return False if the present state does not allow it."""
    allowed_states, next_state = _TRANSITIONS[mode]
    statement = update(Installation).where(
        Installation.id == installation.id, Installation.state.in_(allowed_states)
    )
    with transaction():
        if affected(statement.values(state=next_state)) == 0:
            return False
        if mode == "remove":
            enqueue("remove_hubspot", installation.id, installation.id)
        elif mode == "resume":
            wake_rested_jobs(installation.id)
    db.session.refresh(installation)
    return True


def wake_rested_jobs(installation_id: int) -> None:
    """Enqueue all work that may have stopped, inside the caller's transaction."""
    for kind in RESTING:
        enqueue(kind, installation_id, installation_id)
    for words in (NOT_CONNECTED, REFUSED, SENDS_WAIT):
        release(installation_id, words)


def count_losses(installation_id: int) -> RemovalCounts:
    linked = totals(OfficialAccount.owned_ids(installation_id))[LINKED]
    return RemovalCounts(
        contacts=_count(Contact, installation_id),
        linkages=linked,
        conflicts=_count(Conflict, installation_id),
        ledger=_count(HistoryEntry, installation_id),
        tokens=_count(LinkageToken, installation_id),
    )


def _count(
    model: type[Contact | Conflict | HistoryEntry | LinkageToken], installation_id: int
) -> int:
    """Count up to one more than `MOST_COUNTED`."""
    rows = select(model.id).where(model.installation_id == installation_id)
    few = rows.limit(MOST_COUNTED + 1).subquery()
    return db.session.scalar(select(func.count()).select_from(few)) or 0
