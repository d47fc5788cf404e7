"""Folds the counts that writes keep, and compares them with the rows that they count."""

from collections import Counter
from datetime import datetime

import structlog
from sqlalchemy import Select, delete, func, select, text
from sqlalchemy.sql.selectable import ScalarSelect

from plugin.core.clock import utcnow
from plugin.core.quota import MONTH_ZONE
from plugin.models.base import db
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.models.sql import among
from plugin.models.system.activity import (
    BLOCKED,
    FOLLOWING,
    FRIENDS,
    LINKED,
    STANDING,
    ActivityChange,
    count,
    standing_total,
)
from plugin.models.transaction import transaction

log = structlog.get_logger()
BATCH_SIZE = 5000
# In Japan's time, whose days the counts have. Plans are made hourly, so that one falls into it.
NIGHT = range(3, 5)


def fold_activity() -> bool:
    """Fold the oldest changes; return True if more are left."""
    if db.session.scalar(select(ActivityChange.id).limit(1)) is None:
        return False
    changes = (
        ActivityChange.official_account_id, ActivityChange.measure, ActivityChange.day,
        ActivityChange.n,
    )  # fmt: skip
    # Another runner's are left to it: each change is taken and added in one transaction.
    oldest = select(ActivityChange.id).order_by(ActivityChange.id).limit(BATCH_SIZE)
    free = oldest.with_for_update(skip_locked=True)
    statement = delete(ActivityChange).where(among(ActivityChange.id, free)).returning(*changes)
    with transaction() as session:
        taken = session.execute(statement, execution_options={"synchronize_session": False}).all()
        sums = Counter[tuple[int, str, object]]()
        for account_id, measure, day, n in taken:
            sums[account_id, measure, day] += n
        rows = [
            {"account": account_id, "measure": measure, "day": day, "n": n}
            # In one order, against deadlocks.
            for (account_id, measure, day), n in sorted(sums.items())
            if n
        ]
        if rows:
            session.execute(_ADD, rows)
    return len(taken) == BATCH_SIZE


_ADD = text(
    "INSERT INTO activity (official_account_id, measure, day, n)"
    " VALUES (:account, :measure, :day, :n)"
    " ON CONFLICT (official_account_id, measure, day) DO UPDATE SET n = activity.n + excluded.n"
)


def is_night(now: datetime) -> bool:
    return now.astimezone(MONTH_ZONE).hour in NIGHT


def check_counts(account_id: int) -> bool:
    """Compare what stands with a count of the rows, and correct it; return False: never more."""
    # One statement sees rows and counts of one moment, whoever writes meanwhile; and since the
    # difference is added, changes after that moment stay counted.
    counted = [_counted(account_id, measure).label(f"rows_{measure}") for measure in STANDING]
    stated = [standing_total(account_id, measure).label(measure) for measure in STANDING]
    row = db.session.execute(select(*counted, *stated)).one()._asdict()
    drift = {measure: row[f"rows_{measure}"] - row[measure] for measure in STANDING}
    if any(drift.values()):
        log.warning("counts_corrected", account=account_id, at=str(utcnow()), **drift)
        with transaction():
            for measure, n in drift.items():
                count(account_id, measure, n)
    return False


def _counted(account_id: int, measure: str) -> ScalarSelect[int]:
    rows: Select[tuple[int]] = select(func.count()).select_from(
        Linkage if measure == LINKED else Friend
    )
    conditions = {
        LINKED: (Linkage.official_account_id == account_id,),
        FRIENDS: (Friend.official_account_id == account_id,),
        FOLLOWING: (Friend.official_account_id == account_id, Friend.status == FOLLOWING),
        BLOCKED: (Friend.official_account_id == account_id, Friend.status == BLOCKED),
    }
    return rows.where(*conditions[measure]).scalar_subquery()
