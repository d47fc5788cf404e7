"""Plans what is measured: opens, LINE's daily counts, and the goals of broadcasts under way."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.connections.installation import ACTIVE, Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.sending.delivery import Delivery
from plugin.models.system.job import Job, enqueue
from plugin.models.transaction import transaction
from plugin.services.broadcasts.campaigns import lacks_spend, may_write_spend
from plugin.services.broadcasts.goals import LONGEST_GOAL
from plugin.services.broadcasts.opens import next_due
from plugin.services.broadcasts.reconcile_sends import next_day
from plugin.services.system.activity import is_night

# An account that sent nothing for so long has no count to compare.
LATELY = timedelta(days=5)


def plan_measures() -> None:
    """Enqueue what is due and has no job yet; a job under way keeps its place and its cursor."""
    now = utcnow()
    accounts = [(row.id, row.installation_id) for row in _accounts()]
    opens = [(key, tenant) for key, tenant in accounts if next_due(key, now)]
    counts = [(key, tenant) for key, tenant in accounts if _sends(key, now) and next_day(key, now)]
    goals = _goals_under_way(now)
    work = {"read_opens": opens, "compare_sends": counts, "look_at_goal": goals}
    work["check_counts"] = accounts if is_night(now) else []
    with transaction():
        for kind, rows in {**work, "write_spend": _missing_spends(now)}.items():
            for key, tenant in _without_job(kind, rows):
                enqueue(kind, key, tenant)


def _accounts() -> list[OfficialAccount]:
    statement = (
        select(OfficialAccount)
        .join(Installation, Installation.id == OfficialAccount.installation_id)
        .where(OfficialAccount.archived_at.is_(None), Installation.state == ACTIVE)
    )
    return list(db.session.scalars(statement.order_by(OfficialAccount.id)).unique())


def _sends(account_id: int, now: datetime) -> bool:
    newest = select(Delivery.created_at).where(Delivery.official_account_id == account_id)
    last = db.session.scalar(newest.order_by(Delivery.id.desc()).limit(1))
    newest_broadcast = select(Broadcast.first_sent_at).where(
        Broadcast.official_account_id == account_id, Broadcast.first_sent_at.is_not(None)
    )
    last_broadcast = db.session.scalar(newest_broadcast.order_by(Broadcast.id.desc()).limit(1))
    return any(moment is not None and now - moment < LATELY for moment in (last, last_broadcast))


def _goals_under_way(now: datetime) -> list[tuple[int, int]]:
    statement = (
        select(Broadcast.id, OfficialAccount.installation_id)
        .join(OfficialAccount, OfficialAccount.id == Broadcast.official_account_id)
        .join(Installation, Installation.id == OfficialAccount.installation_id)
        .where(
            Broadcast.goal.is_not(None),
            Broadcast.first_sent_at.is_not(None),
            Broadcast.goal_read_at.is_(None),
            or_(Broadcast.finished_at.is_(None), Broadcast.finished_at > now - 2 * LONGEST_GOAL),
            Installation.state == ACTIVE,
        )
    )
    return list(db.session.execute(statement).tuples())


def _missing_spends(now: datetime) -> list[tuple[int, int]]:
    finished = select(Broadcast).where(
        Broadcast.campaign.is_not(None), Broadcast.finished_at > now - LONGEST_GOAL
    )
    lacking = [row for row in db.session.scalars(finished).unique() if lacks_spend(row)]
    writable = [row for row in lacking if may_write_spend(row.official_account.installation)]
    return [
        (row.id, row.official_account.installation_id)
        for row in writable
        if row.official_account.installation.state == ACTIVE
    ]


def _without_job(kind: str, rows: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    tenants = dict(rows)
    known = select(Job.key).where(Job.kind == kind, Job.key.in_([str(key) for key in tenants]))
    taken = set(db.session.scalars(known)) if tenants else set()
    return [(key, tenant) for key, tenant in sorted(tenants.items()) if str(key) not in taken]
