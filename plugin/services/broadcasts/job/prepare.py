"""Until a broadcast may be sent: its time comes, its list is read, its audience is frozen."""

from datetime import datetime

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.broadcasts.audience_member import start_over
from plugin.models.broadcasts.broadcast import (
    APPROVED,
    ASKED,
    DRAFT,
    EXPIRED,
    LIST,
    NO_APPROVAL,
    SCHEDULED,
    SENDING,
    Broadcast,
)
from plugin.models.broadcasts.recipient import WAITING, Recipient
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.models.broadcasts.tally import in_state
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.broadcasts import audience
from plugin.services.broadcasts.freeze import CouldNotStart, delete_former, freeze
from plugin.services.broadcasts.start import back_to_draft, begin_sending


def tidy(deps: Dependencies, broadcast: Broadcast) -> datetime | None:
    """Delete the rows of a start that was taken back, and read the list for the preview."""
    if _has_recipients(broadcast.id):
        delete_former(broadcast.id)
        return utcnow()
    if broadcast.audience == LIST and broadcast.list_id and broadcast.list_read_at is None:
        return _read_list(deps, broadcast)
    return None


def _has_recipients(broadcast_id: int) -> bool:
    rows = select(Recipient.id).where(Recipient.broadcast_id == broadcast_id)
    return db.session.scalar(rows.limit(1)) is not None


def await_start(deps: Dependencies, broadcast: Broadcast) -> datetime | None:
    if broadcast.approval == ASKED and broadcast.frozen_at is None:
        return prepare(deps, broadcast)
    now, at = utcnow(), broadcast.schedule_at
    with transaction():
        current = Broadcast.held(broadcast.id)
        if current is None or current.state != SCHEDULED:
            return now
        if current.approval == ASKED and _needs_none(current):
            current.approval = NO_APPROVAL
        if current.approval in (APPROVED, NO_APPROVAL):
            if at is None or at <= now:
                begin_sending(current, now)
                return now
        elif at is not None and at <= now:
            back_to_draft(current, "approval_expired")
            current.approval = EXPIRED
            return now
    return at


def _needs_none(broadcast: Broadcast) -> bool:
    rules = SendingRules.of_account(broadcast.official_account_id)
    above = rules.approval_above if rules else None
    return above is None or in_state(broadcast.id, WAITING) <= above


def prepare(deps: Dependencies, broadcast: Broadcast) -> datetime | None:
    """Read the list where there is one, then freeze the audience."""
    if _has_recipients(broadcast.id):
        delete_former(broadcast.id)
        return utcnow()
    if broadcast.audience == LIST and not _is_read(broadcast):
        return _read_list(deps, broadcast)
    try:
        freeze(broadcast.id, SCHEDULED, SENDING)
    except CouldNotStart as error:
        _give_up(broadcast.id, error)
    return utcnow()


def _is_read(broadcast: Broadcast) -> bool:
    now = utcnow()
    if broadcast.list_read_at is not None and not audience.is_read(broadcast, now):
        with transaction():
            current = Broadcast.held(broadcast.id)
            if current is not None:
                start_over(current)
    return audience.is_read(broadcast, now)


def _read_list(deps: Dependencies, broadcast: Broadcast) -> datetime | None:
    try:
        audience.read_page(deps, broadcast)
    except GatewayError as error:
        if error.permanent:
            _give_up(broadcast.id, CouldNotStart("list_gone", error.message))
            return None
        with transaction():
            current = Broadcast.held(broadcast.id)
            if current is not None and error.reason != "rate_limited":
                current.reason, current.error = "hubspot_away", error.message[:500]
        raise
    return utcnow()


def _give_up(broadcast_id: int, error: CouldNotStart) -> None:
    with transaction():
        current = Broadcast.held(broadcast_id)
        if current is None:
            return
        if current.state in (SCHEDULED, SENDING):
            back_to_draft(current)
        current.reason, current.error = error.reason, error.error[:500]
        if error.reason == "list_gone":
            # The next start, or the person's next look, reads it from its beginning.
            start_over(current)
            current.list_read_at = utcnow() if current.state == DRAFT else None
            current.reason, current.error = error.reason, error.error[:500]
