"""Results of a broadcast: what came of it for each variant, beside those held out."""

from collections import Counter
from typing import Any, NamedTuple

from sqlalchemy import select

from plugin.core.broadcasts.money import Cost
from plugin.core.broadcasts.proportions import Difference, difference
from plugin.models.base import db
from plugin.models.broadcasts import outcome_sql
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.recipient import HELD_OUT, SENT, Tally
from plugin.models.broadcasts.variant import Variant
from plugin.services.broadcasts.cost import spent


class Group(NamedTuple):
    """What people did after their message: those of one variant, or those held out (-1), whose time
    runs from the first message. `people`: sent, or held out."""

    variant: int
    people: int
    tapped: int
    taps: int
    # Wrote to the account since.
    wrote: int
    blocked_in_day: int
    blocked_in_week: int
    reached_goal: int
    # None: LINE tells nothing (`services.broadcasts.opens`).
    opens: dict[str, Any] | None


class LinkTaps(NamedTuple):
    """Taps on an address; "": addresses that hold a person's own text, together."""

    variant: int
    url: str
    taps: int
    people: int


class Results(NamedTuple):
    """`sums`: how many people by (state, reason), which add up to `total`. `lift`: the goal's share
    of those sent over those held out, None without a holdout; the cost None without a plan."""

    total: int
    sums: dict[tuple[str, str], int]
    groups: tuple[Group, ...]
    held_out: Group | None
    links: tuple[LinkTaps, ...]
    lift: Difference | None
    cost: Cost | None
    # Went out as replies to what the friend had just written, and cost nothing.
    free_replies: int = 0

    @property
    def sent(self) -> int:
        return sum(group.people for group in self.groups)

    def sum_of(self, name: str) -> int:
        """Return one of `Group`'s counts for everybody sent."""
        return sum(getattr(group, name) for group in self.groups)


def results_of(broadcast: Broadcast) -> Results:
    """Count with nine statements, whatever the number of people."""
    tallies = list(db.session.scalars(select(Tally).where(Tally.broadcast_id == broadcast.id)))
    sums = Counter[tuple[str, str]]()
    people = Counter[tuple[int, str]]()
    for tally in tallies:
        sums[tally.state, tally.reason] += tally.count
        people[-1 if tally.state == HELD_OUT else tally.variant, tally.state] += tally.count
    variants = {variant.number: variant for variant in Variant.of_broadcast(broadcast.id)}
    counts = _Counts(broadcast.id)
    groups = tuple(
        counts.group(number, SENT, people[number, SENT], variant.opens)
        for number, variant in variants.items()
    )
    held_out = people[-1, HELD_OUT]
    kept = counts.group(-1, HELD_OUT, held_out, None) if held_out else None
    sent = sum(group.people for group in groups)
    free = outcome_sql.free_replies(broadcast.id)
    return Results(
        total=broadcast.total,
        sums={key: count for key, count in sums.items() if count},
        groups=groups,
        held_out=kept,
        links=tuple(LinkTaps(*row) for row in outcome_sql.taps_by_link(broadcast.id)),
        lift=_lift(groups, kept) if broadcast.goal and kept and sent else None,
        cost=spent(broadcast, sent - free),
        free_replies=free,
    )


def _lift(groups: tuple[Group, ...], held_out: Group) -> Difference:
    hits, people = (
        sum(group.reached_goal for group in groups),
        sum(group.people for group in groups),
    )
    return difference(hits, people, held_out.reached_goal, held_out.people)


class _Counts:
    def __init__(self, broadcast_id: int) -> None:
        self._tappers = outcome_sql.tappers(broadcast_id)
        self._writers = outcome_sql.writers(broadcast_id)
        self._blockers = outcome_sql.blockers(broadcast_id)
        self._reachers = outcome_sql.goal_reachers(broadcast_id)

    def group(self, variant: int, state: str, people: int, opens: dict[str, Any] | None) -> Group:
        key = variant, state
        tapped, taps = self._tappers.get(key, (0, 0))
        in_day, in_week = self._blockers.get(key, (0, 0))
        (wrote,), (reached,) = self._writers.get(key, (0,)), self._reachers.get(key, (0,))
        return Group(variant, people, tapped, taps, wrote, in_day, in_week, reached, opens)
