"""Compares daily what Musubi sent with what LINE says it sent: it has answered 200 and sent nothing
before (2022-07-28)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import case, func, select

from plugin.core.clock import utcnow
from plugin.core.quota import MONTH_ZONE, day_of
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.measures import DailyCount
from plugin.models.broadcasts.recipient import SENT, Recipient
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.sending.delivery import ACCEPTED, Delivery
from plugin.models.sql import insert_or
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.channels import messaging_channel

PUSH, MULTICAST, REPLY = KINDS = ("push", "multicast", "reply")
# A day that LINE does not count by then stays open: it had fewer than 20 messages.
LOOK_BACK, SHOWN = 4, timedelta(days=30)


def compare_sends(deps: Dependencies, account_id: int) -> bool:
    """Compare the next day of the account; True where more are due. Raise `GatewayError`."""
    account = OfficialAccount.by_id(account_id)
    day = next_day(account_id, utcnow()) if account and account.archived_at is None else None
    if account is None or day is None:
        return False
    channel = messaging_channel(account)
    theirs = {kind: deps.gateways.line.delivered(channel, kind, day) for kind in KINDS}
    ours = {**_deliveries(account_id, day), MULTICAST: _multicast(account_id, day)}
    with transaction():
        for kind in KINDS:
            _store(account_id, day, kind, ours[kind], theirs[kind])
    return next_day(account_id, utcnow()) is not None


def next_day(account_id: int, now: datetime) -> date | None:
    """Return the oldest of the last days that LINE has not counted yet, if any of it is ours. Each
    is looked at once a day."""
    today = day_of(now)
    days = [today - timedelta(days=back) for back in range(LOOK_BACK, 0, -1)]
    known = select(DailyCount.day, func.max(DailyCount.checked_at), func.count(DailyCount.theirs))
    rows = known.where(
        DailyCount.official_account_id == account_id,
        DailyCount.day.in_(days),
        DailyCount.kind.in_(KINDS),
    ).group_by(DailyCount.day)
    states = {day: (at, counted) for day, at, counted in db.session.execute(rows)}
    for day in days:
        at, counted = states.get(day, (None, 0))
        if at is None or (counted < len(KINDS) and now - at > timedelta(hours=20)):
            return day
    return None


def gaps(account_ids: Sequence[int], now: datetime) -> list[DailyCount]:
    """Return the days of the last month on which LINE sent clearly less than it had accepted."""
    statement = select(DailyCount).where(
        DailyCount.official_account_id.in_(account_ids),
        DailyCount.day > day_of(now - SHOWN),
        DailyCount.kind.in_(KINDS),
        DailyCount.theirs.is_not(None),
        # LINE drops what goes to people who have left it, so a few are always missing.
        (DailyCount.ours - DailyCount.theirs) * 20 > DailyCount.ours,
        DailyCount.ours - DailyCount.theirs >= 10,
    )
    return list(db.session.scalars(statement.order_by(DailyCount.day.desc())))


def _deliveries(account_id: int, day: date) -> dict[str, int]:
    """Count pushes, and free replies, which LINE counts apart."""
    start, end = _limits(day)
    kind = case((Delivery.reply_token == "", PUSH), else_=REPLY).label("kind")
    settled = (
        select(kind)
        .where(
            Delivery.official_account_id == account_id,
            Delivery.state == ACCEPTED,
            Delivery.settled_at >= start,
            Delivery.settled_at < end,
        )
        .subquery()
    )
    counted = select(settled.c.kind, func.count()).group_by(settled.c.kind)
    return {PUSH: 0, REPLY: 0} | dict(db.session.execute(counted).tuples().all())


def _multicast(account_id: int, day: date) -> int:
    start, end = _limits(day)
    statement = (
        select(func.count())
        .select_from(Recipient)
        .join(Broadcast, Broadcast.id == Recipient.broadcast_id)
        .where(
            Broadcast.official_account_id == account_id,
            # No broadcast sends for longer than a month.
            Broadcast.first_sent_at > start - SHOWN,
            Broadcast.first_sent_at < end,
            Recipient.state == SENT,
            Recipient.multicast_id.is_not(None),
            Recipient.settled_at >= start,
            Recipient.settled_at < end,
        )
    )
    return db.session.scalar(statement) or 0


def _limits(day: date) -> tuple[datetime, datetime]:
    start = datetime.combine(day, time(), MONTH_ZONE).astimezone(UTC)
    return start, start + timedelta(days=1)


def _store(account_id: int, day: date, kind: str, ours: int, theirs: int | None) -> None:
    key = {"official_account_id": account_id, "day": day, "kind": kind}
    row = {"ours": ours, "theirs": theirs, "checked_at": utcnow()}
    statement = insert_or(DailyCount).values(**key, **row)
    db.session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=row))
