"""How many people a rule chooses, how many of them a message reaches, and a few of them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import func, select

from plugin.core.segments.rule import RuleFault
from plugin.models.audience.compile import condition_of
from plugin.models.base import db
from plugin.models.people.friend import FOLLOWING, Friend
from plugin.models.people.linkage import Linkage
from plugin.models.time_limit import time_limit
from plugin.services.segments.members import CheckedRule

SAMPLE_SIZE = 10
# Who builds a segment waits for it; longer than that is said.
SECONDS = 10.0


class Preview(NamedTuple):
    """`total` = `reachable` + the sum of `left_out`, which is by status: blocked, unknown."""

    total: int
    reachable: int
    left_out: Mapping[str, int]
    linked: int
    sample: Sequence[Friend]
    # What the rule names and was ignored.
    notes: Sequence[RuleFault]


class Counts(NamedTuple):
    total: int
    linked: int
    by_status: Mapping[str, int]


def preview(checked: CheckedRule, *, seconds: float = SECONDS) -> Preview:
    """Count and sample, in three statements. Raise `TooSlow` where one takes longer."""
    with time_limit(seconds):
        counts = count_members(checked)
        sample = _sample(checked) if counts.total else []
    reachable = counts.by_status.get(FOLLOWING, 0)
    left_out = {status: n for status, n in counts.by_status.items() if status != FOLLOWING}
    return Preview(counts.total, reachable, left_out, counts.linked, sample, checked.notes)


def count_members(checked: CheckedRule) -> Counts:
    """Count all, the linked ones, and by LINE status, in one statement."""
    chosen = condition_of(checked.rule, checked.scope())
    linked = func.count(Linkage.id)
    statement = (
        select(Friend.status, func.count(), linked)
        .select_from(Friend)
        .outerjoin(Linkage, Linkage.friend_id == Friend.id)
        .where(Friend.official_account_id == checked.account.id, chosen)
        .group_by(Friend.status)
    )
    rows = db.session.execute(statement).tuples().all()
    by_status = {status: count for status, count, _ in rows}
    return Counts(sum(by_status.values()), sum(count for _, _, count in rows), by_status)


def _sample(checked: CheckedRule) -> Sequence[Friend]:
    # The newest; each with contact, in one statement.
    chosen = condition_of(checked.rule, checked.scope())
    statement = select(Friend).where(Friend.official_account_id == checked.account.id, chosen)
    return db.session.scalars(statement.order_by(Friend.id.desc()).limit(SAMPLE_SIZE)).all()
