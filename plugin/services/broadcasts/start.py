"""What people decide about a broadcast: start, pause, resume, cancel, approve, decline. Each may be
pressed twice: the second press finds it done."""

from datetime import datetime

from sqlalchemy import delete, func, select

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import (
    APPROVED,
    ASKED,
    CANCELLED,
    DECLINED,
    DRAFT,
    FINISHED,
    NO_APPROVAL,
    PAUSED,
    SCHEDULED,
    SENDING,
    Broadcast,
)
from plugin.models.broadcasts.recipient import WAITING, Tally
from plugin.models.broadcasts.tally import in_state
from plugin.models.connections.member import Member
from plugin.models.system.job import enqueue
from plugin.models.system.job_kinds import AT_ONCE
from plugin.models.transaction import affected, transaction
from plugin.services.broadcasts.drafts import WrongState, drop_written, held_in
from plugin.services.broadcasts.job.open_multicasts import release_planned
from plugin.services.broadcasts.preflight import UNSAVED, needs_approval, problems_of
from plugin.services.broadcasts.usage import kept_versions

TRIED = ("sending", "sent", "failed", "unknown")


class CannotStart(Exception):
    """The draft has problems; `problems` are (field, Sentence)."""

    def __init__(self, problems: list[tuple[str, object]]) -> None:
        super().__init__(problems)
        self.problems = problems


class WordsChanged(Exception):
    """The broadcast sends other words than the member has read."""


class NotAllowed(Exception):
    """This member cannot approve it."""


class WrongNumber(NotAllowed):
    """The number that they typed is another than `waiting`."""

    def __init__(self, waiting: int) -> None:
        super().__init__(waiting)
        self.waiting = waiting


def start(broadcast: Broadcast, by: str = "") -> None:
    """Send now, at the planned time, or once another member approves. Raise `CannotStart`, or
    `WrongState`."""
    now = utcnow()
    if broadcast.state == DRAFT:
        problems = problems_of(broadcast, now)
        if problems:
            raise CannotStart(list(problems))
    asks = broadcast.state == DRAFT and needs_approval(broadcast)
    with transaction():
        current = held_in(broadcast, DRAFT, SCHEDULED, SENDING)
        if current.state != DRAFT:
            return
        # Somebody may write while the button is pressed.
        if not drop_written(current):
            raise CannotStart([("messages", UNSAVED)])
        current.started_by, current.reason, current.error = by, "", ""
        current.approval = ASKED if asks else NO_APPROVAL
        current.approved_by, current.approved_at = "", None
        if asks or current.schedule_at is not None:
            current.state = SCHEDULED
        else:
            begin_sending(current, now)
        wake(current, None if asks else current.schedule_at)


def begin_sending(broadcast: Broadcast, now: datetime) -> None:
    """Set the state, inside the caller's transaction; the rate counts from here."""
    broadcast.state, broadcast.sending_since = SENDING, now
    broadcast.claimed_before = in_state(broadcast.id, *TRIED)
    broadcast.failures_in_row, broadcast.reason, broadcast.error = 0, "", ""


def wake(broadcast: Broadcast, at: datetime | None = None) -> None:
    """Enqueue its job, inside the caller's transaction."""
    delay = max(at - utcnow(), AT_ONCE) if at else None
    enqueue("send_broadcast", broadcast.id, broadcast.official_account.installation_id, delay=delay)


def pause(broadcast: Broadcast) -> None:
    """Stop after the calls under way. Raise `WrongState`."""
    with transaction():
        current = held_in(broadcast, SENDING, PAUSED)
        if current.state == SENDING:
            current.state, current.reason, current.error = PAUSED, "", ""


def resume(broadcast: Broadcast, when_short: str = "") -> None:
    """Go on with those who wait. `when_short`: what to do where the quota is short, if not as
    before. Raise `WrongState`."""
    with transaction():
        current = held_in(broadcast, PAUSED, SENDING)
        if current.state == PAUSED:
            current.when_short = when_short or current.when_short
            release_planned(current.id)
            begin_sending(current, utcnow())
            wake(current)


def cancel(broadcast: Broadcast) -> None:
    """Before the first send it becomes a draft again; after it, the rest gets nothing. Raise
    `WrongState`."""
    with transaction():
        current = held_in(broadcast, SCHEDULED, SENDING, PAUSED, CANCELLED)
        if current.state == CANCELLED:
            return
        if not in_state(current.id, *TRIED):
            back_to_draft(current)
            return
        current.state, current.reason, current.error = CANCELLED, "", ""
        wake(current)


def back_to_draft(broadcast: Broadcast, reason: str = "", error: str = "") -> None:
    """Undo the start, inside the caller's transaction; its job deletes the frozen rows."""
    affected(delete(Tally).where(Tally.broadcast_id == broadcast.id))
    broadcast.state, broadcast.reason, broadcast.error = DRAFT, reason, error[:500]
    broadcast.frozen_at = broadcast.sending_since = None
    broadcast.total = 0
    if broadcast.approval == ASKED:
        broadcast.approval = NO_APPROVAL
    wake(broadcast)


def approve(
    broadcast: Broadcast, by: str, typed: int | None = None, read: tuple[int, ...] | None = None
) -> None:
    """Agree to the frozen number. A lone owner types it instead of another member. `read`: the
    `kept_versions` that they saw. Raise `NotAllowed`, `WordsChanged`, or `WrongState`."""
    with transaction():
        current = held_in(broadcast, SCHEDULED, SENDING, PAUSED, FINISHED, CANCELLED)
        if current.approval == APPROVED:
            return
        if current.approval != ASKED or current.frozen_at is None:
            raise WrongState(current.state)
        waiting = in_state(current.id, WAITING)
        if typed is not None and typed != waiting:
            raise WrongNumber(waiting)
        if by == current.started_by and (typed is None or not is_alone(current)):
            raise NotAllowed
        if read is not None and read != kept_versions(current):
            raise WordsChanged
        current.approval, current.approved_by, current.approved_at = APPROVED, by, utcnow()
        wake(current)


def is_alone(broadcast: Broadcast) -> bool:
    """Whether the team has one member only, who then approves by typing the number."""
    installation_id = broadcast.official_account.installation_id
    members = select(func.count()).where(Member.installation_id == installation_id)
    return (db.session.scalar(members) or 0) < 2


def decline(broadcast: Broadcast, by: str) -> None:
    """Refuse to approve: it is a draft again. Raise `WrongState`."""
    with transaction():
        current = held_in(broadcast, SCHEDULED, DRAFT)
        if current.state == DRAFT and current.approval == DECLINED:
            return
        if current.approval != ASKED:
            raise WrongState(current.state)
        back_to_draft(current, "declined")
        current.approval, current.approved_by, current.approved_at = DECLINED, by, utcnow()
