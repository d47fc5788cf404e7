"""Counts of an Official Account per day, kept by the writes that change them.

Each write adds a row of its own, so that no two transactions wait for each other; a job folds the
rows into one a day and measure. Readers add both.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Select, String, Subquery, func, select, union_all
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.selectable import ScalarSelect

from plugin.core.clock import utcnow
from plugin.core.quota import day_of
from plugin.models.base import Base, BigId, db

# The sum over all days of these is how many there are now.
FRIENDS, FOLLOWING, BLOCKED, LINKED = STANDING = "friends", "following", "blocked", "linked"
# What happened on a day; links by method have measures like "linked:qr".
FOLLOWS, BLOCKS, SENT, TAPPED, RECEIVED = "follows", "blocks", "sent", "tapped", "received"
# Those of SENT that LINE does not count.
FREE_REPLIES = "free_replies"

AccountIds = Sequence[int] | Select[tuple[int]]


class Activity(Base):
    """The folded count of a day as LINE counts days (UTC+9)."""

    __tablename__ = "activity"

    official_account_id: Mapped[int] = mapped_column(
        ForeignKey("official_account.id"), primary_key=True
    )
    measure: Mapped[str] = mapped_column(String(30), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    n: Mapped[int] = mapped_column()


class ActivityChange(Base):
    """What one write adds to a count, or takes from it, until it is folded."""

    __tablename__ = "activity_change"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    measure: Mapped[str] = mapped_column(String(30))
    day: Mapped[date] = mapped_column(Date)
    n: Mapped[int] = mapped_column()


def count(account_id: int, measure: str, n: int = 1, at: datetime | None = None) -> None:
    """Add to a count in the caller's transaction, on the day of `at` or today."""
    if n:
        day = day_of(at or utcnow())
        # Flushed together with whatever else the transaction counts.
        row = ActivityChange(official_account_id=account_id, measure=measure, day=day, n=n)
        db.session.add(row)


def count_links(account_id: int, method: str, n: int = 1) -> None:
    """Count new linkages in the caller's transaction."""
    count(account_id, LINKED, n)
    count(account_id, by_method(method), n)


def by_method(method: str) -> str:
    return f"{LINKED}:{method}"


def totals(account_ids: AccountIds) -> dict[str, int]:
    """Return how many there are now by standing measure, of all these accounts together."""
    rows = _rows(account_ids, STANDING)
    sums = select(rows.c.measure, func.sum(rows.c.n)).group_by(rows.c.measure)
    found = dict(db.session.execute(sums).tuples().all())
    return {measure: int(found.get(measure, 0)) for measure in STANDING}


def per_day(
    account_ids: AccountIds, measures: Sequence[str], since: date
) -> dict[str, dict[date, int]]:
    """Return the counts by measure and day from `since` on; days without any are left out."""
    rows = _rows(account_ids, measures, since)
    keys = rows.c.measure, rows.c.day
    found: dict[str, dict[date, int]] = defaultdict(dict)
    for measure, day, n in db.session.execute(select(*keys, func.sum(rows.c.n)).group_by(*keys)):
        found[measure][day] = int(n)
    return found


def per_account(
    account_ids: AccountIds, measures: Sequence[str], since: date, until: date
) -> dict[str, dict[int, int]]:
    """Return the sums by measure and account from `since` up to and without `until`."""
    rows = _rows(account_ids, measures, since)
    keys = rows.c.measure, rows.c.official_account_id
    sums = select(*keys, func.sum(rows.c.n)).where(rows.c.day < until).group_by(*keys)
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for measure, account_id, n in db.session.execute(sums):
        found[measure][account_id] = int(n)
    return found


def has_any(account_ids: AccountIds, measure: str) -> bool:
    """Return whether it was ever counted."""
    rows = _rows(account_ids, [measure])
    return db.session.scalar(select(rows.c.n).limit(1)) is not None


def standing_total(account_id: int, measure: str) -> ScalarSelect[int]:
    """Return the expression of one account's total."""
    rows = _rows([account_id], [measure])
    return select(func.coalesce(func.sum(rows.c.n), 0)).scalar_subquery()


def _rows(account_ids: AccountIds, measures: Sequence[str], since: date | None = None) -> Subquery:
    """Select folded and unfolded rows at once, since a fold may commit between two statements."""
    return union_all(
        *(_rows_of(model, account_ids, measures, since) for model in (Activity, ActivityChange))
    ).subquery()


def _rows_of(
    model: type[Activity | ActivityChange],
    account_ids: AccountIds,
    measures: Sequence[str],
    since: date | None,
) -> Select[Any]:
    rows = select(model.official_account_id, model.measure, model.day, model.n).where(
        model.official_account_id.in_(account_ids), model.measure.in_(measures)
    )
    return rows if since is None else rows.where(model.day >= since)
