"""The figures of the dashboard, from counts that the writes keep: no row of a friend is read."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple, get_args

from flask_babel import gettext as _

from plugin.core.clock import utcnow
from plugin.core.linkage import Method
from plugin.core.quota import day_of
from plugin.models.system.activity import (
    BLOCKS,
    FOLLOWING,
    FOLLOWS,
    FRIENDS,
    LINKED,
    RECEIVED,
    SENT,
    TAPPED,
    by_method,
    per_day,
    totals,
)
from plugin.web.dashboard.charts import Bars, Curve, Days, bars, curve, day_word, is_by_week

SPANS = (7, 30, 90)
METHODS: tuple[str, ...] = get_args(Method)
SHOWN = (FRIENDS, LINKED, FOLLOWS, BLOCKS, SENT, TAPPED, RECEIVED, *map(by_method, METHODS))


class Share(NamedTuple):
    """The number of friends, linked friends and followers."""

    friends: int
    linked: int
    following: int

    @property
    def percent(self) -> int:
        # Rounded down, so that 100 means all; at least 1 if any friend is linked.
        if not self.friends:
            return 0
        return max(100 * self.linked // self.friends, 1 if self.linked else 0)


class Numbers(NamedTuple):
    """`span`: days with today, from `first` on."""

    span: int
    by_week: bool
    first: str
    share: Share
    curve: Curve
    charts: list[Bars]


def numbers(account_ids: Sequence[int], asked: int) -> Numbers:
    """Return the figures of the last `asked` days, or of the usual span for any other number."""
    span = asked if asked in SPANS else SPANS[1]
    today = day_of(utcnow())
    days = [today - timedelta(days=back) for back in range(span - 1, -1, -1)]
    standing = totals(account_ids)
    found = per_day(account_ids, SHOWN, days[0])
    linked, friends = found.get(LINKED, {}), found.get(FRIENDS, {})
    before = (standing[LINKED] - sum(linked.values()), standing[FRIENDS] - sum(friends.values()))
    return Numbers(
        span=span,
        by_week=is_by_week(span),
        first=day_word(days[0]),
        share=Share(standing[FRIENDS], standing[LINKED], standing[FOLLOWING]),
        curve=curve(days, linked, friends, before),
        charts=_charts(days, found),
    )


def _charts(days: list[date], found: Mapping[str, Days]) -> list[Bars]:
    ways = {
        "qr": _("QR code"), "email": _("Email link"), "import": _("Import"),
        "property": _("HubSpot property"), "manual": _("By hand"),
    }  # fmt: skip
    links = [(method, ways[method], found.get(by_method(method), {})) for method in METHODS]

    def chart(measure: str, title: str, hint: str) -> Bars:
        return bars(measure, title, hint, days, [(measure, title, found.get(measure, {}))])

    return [
        chart(FOLLOWS, _("New friends"), _("People who added the account, or unblocked it.")),
        bars("links", _("Links"), _("Friends linked with a contact, by how it came about."),
             days, links),
        chart(SENT, _("Messages sent"), _("People who were sent one by a workflow, a broadcast or"
                                          " a person; however many bubbles it has.")),
        chart(TAPPED, _("Taps"), _("Taps on tracked links, repeated ones too.")),
        chart(RECEIVED, _("Messages received"), _("What friends wrote or sent to the account.")),
        chart(BLOCKS, _("Blocks"), _("People who blocked the account.")),
    ]  # fmt: skip
