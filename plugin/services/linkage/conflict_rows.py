"""The one place that creates, reopens and settles conflict rows."""

from datetime import datetime
from typing import Any

from sqlalchemy import or_, update

from plugin.core.linkage import Decision
from plugin.models.base import db
from plugin.models.people.conflict import KEPT, SETTLED, Conflict
from plugin.models.people.linkage import Linkage
from plugin.models.sql import insert_or
from plugin.models.system.job import enqueue
from plugin.models.transaction import affected
from plugin.services.linkage.history import LinkRequest, record

# The decision of a request that no other linkage conflicts with, but whose e-mail is unverified.
UNCONFIRMED = "unconfirmed"


def record_conflict(
    request: LinkRequest, decision: Decision, standing: Linkage, now: datetime
) -> bool:
    """Open a conflict with the linkage `standing`, inside the caller's transaction. Return False
    for a known one, which is only counted: repeated imports and events meet it again and again."""
    columns = _columns(request, decision, standing.friend_id, standing.contact_row_id, now)
    conflict_id = _insert(columns, now)
    if conflict_id is None:
        conflict_id = _reopen(columns, now)
    if conflict_id is None:
        return False
    before = {"contact_id": standing.contact.contact_id, "friend_id": standing.friend_id}
    record("conflict", request, now, {**before, "decision": decision})
    enqueue("check_conflict", conflict_id, request.contact.installation_id)
    return True


def record_unverified(request: LinkRequest, now: datetime) -> None:
    """Open a conflict that no other linkage causes, inside the caller's transaction."""
    columns = _columns(request, UNCONFIRMED, request.friend.id, request.contact.id, now)
    if _insert(columns, now) is not None:
        record("conflict", request, now, {"decision": UNCONFIRMED})


def close_conflicts(friend_id: int, contact_row_id: int, now: datetime) -> None:
    same_pair = update(Conflict).where(
        Conflict.friend_id == friend_id,
        Conflict.contact_row_id == contact_row_id,
        Conflict.decided_at.is_(None),
    )
    values = {"decided_at": now, "verdict": SETTLED, "decided_by": ""}
    db.session.execute(same_pair.values(values).execution_options(synchronize_session="fetch"))


def _columns(
    request: LinkRequest,
    decision: str,
    standing_friend_id: int,
    standing_contact_row_id: int,
    now: datetime,
) -> dict[str, Any]:
    return {
        "installation_id": request.contact.installation_id,
        "official_account_id": request.friend.official_account_id,
        "friend_id": request.friend.id,
        "contact_row_id": request.contact.id,
        "standing_friend_id": standing_friend_id,
        "standing_contact_row_id": standing_contact_row_id,
        "decision": decision,
        "method": request.method,
        "actor": request.actor,
        "source": request.source,
        "seen_at": now,
    }


def _insert(columns: dict[str, Any], now: datetime) -> int | None:
    """Return the new row's id, or None where the pair has a row, decided or not."""
    row = {**columns, "times": 1, "opened_at": now, "decided_by": "", "verdict": ""}
    statement = insert_or(Conflict).values(row).on_conflict_do_nothing().returning(Conflict.id)
    conflict_id: int | None = db.session.scalar(statement)
    return conflict_id


def _reopen(columns: dict[str, Any], now: datetime) -> int | None:
    """Count the request; return the conflict's id where that reopened it."""
    same_pair = update(Conflict).where(
        Conflict.friend_id == columns["friend_id"],
        Conflict.contact_row_id == columns["contact_row_id"],
    )
    # A decision holds only against the same linkage.
    same_linkage = (
        Conflict.standing_friend_id == columns["standing_friend_id"],
        Conflict.standing_contact_row_id == columns["standing_contact_row_id"],
    )
    known = same_pair.where(
        or_(Conflict.decided_at.is_(None), Conflict.verdict == KEPT), *same_linkage
    )
    if affected(known.values(times=Conflict.times + 1, seen_at=now)):
        return None
    reopened = {
        "opened_at": now,
        "decided_at": None,
        "decided_by": "",
        "verdict": "",
        "gone_at": None,
    }
    statement = same_pair.values(**columns, **reopened, times=Conflict.times + 1)
    return db.session.scalar(statement.returning(Conflict.id))
