"""A person's decision on a conflict, and what helps them to decide."""

from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.people.conflict import KEPT, MOVED, Conflict
from plugin.models.transaction import affected, retried, transaction
from plugin.services import Dependencies
from plugin.services.connections.channels import messaging_channel
from plugin.services.contacts.records import contact_row_ids_of, lock_contacts
from plugin.services.linkage.by_property import clear_declined
from plugin.services.linkage.history import LinkRequest, record
from plugin.services.linkage.link import move


def keep_as_is(conflict: Conflict, actor: str) -> bool:
    """Return False where the conflict is decided already."""
    return _keep_as_is(conflict.id, actor)


def move_link(conflict: Conflict, actor: str) -> bool:
    """Return False where the conflict is decided already, or the contact is deleted."""
    return _move_link(conflict.id, actor)


@retried
def _keep_as_is(conflict_id: int, actor: str) -> bool:
    with transaction():
        conflict = _lock_conflict(conflict_id)
        if conflict is None or not _decide(conflict, KEPT, actor):
            return False
        request = _request(conflict, actor)
        record("kept", request, utcnow())
        clear_declined(request)
    return True


@retried
def _move_link(conflict_id: int, actor: str) -> bool:
    with transaction():
        conflict = _lock_conflict(conflict_id)
        if conflict is None or conflict.contact.deleted_at is not None:
            return False
        if not _decide(conflict, MOVED, actor):
            return False
        move(_request(conflict, actor))
    return True


def _lock_conflict(conflict_id: int) -> Conflict | None:
    # The contacts first: a merge may have changed the conflict's contact.
    conflict = db.session.get(Conflict, conflict_id)
    if conflict is not None:
        lock_contacts([conflict.contact_row_id, *contact_row_ids_of(conflict.friend)])
        db.session.refresh(conflict)
    return conflict


def check_conflict(deps: Dependencies, conflict_id: int) -> None:
    """Note whether LINE still shows the linked friend; a hint for the person who decides."""
    conflict = db.session.get(Conflict, conflict_id)
    if conflict is None or conflict.decided_at is not None:
        return
    friend, account = conflict.standing_friend, conflict.official_account
    if friend.id == conflict.friend_id:
        return
    # A person who replaces their LINE account comes back under a new user id without any event,
    # and the contact meets a second friend. But LINE does not show a blocking friend either.
    channel = messaging_channel(account)
    try:
        deps.gateways.line.profile(channel, friend.line_user_id)
        gone_at = None
    except GatewayError as error:
        if not (error.permanent and error.reason in ("not_found", "invalid")):
            raise
        gone_at = utcnow()
    with transaction():
        conflict.gone_at = gone_at


def _request(conflict: Conflict, actor: str) -> LinkRequest:
    return LinkRequest(
        conflict.friend, conflict.contact, "manual", actor, f"conflict:{conflict.id}"
    )


def _decide(conflict: Conflict, verdict: str, actor: str) -> bool:
    """Return whether this decision came first."""
    statement = update(Conflict).where(Conflict.id == conflict.id, Conflict.decided_at.is_(None))
    values = {"decided_at": utcnow(), "decided_by": actor, "verdict": verdict}
    return affected(statement.values(values)) == 1
