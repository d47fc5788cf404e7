"""Results in words: shares with their intervals, variants side by side, goals, cost."""

from typing import NamedTuple

from flask_babel import format_currency, format_percent, ngettext
from flask_babel import gettext as _

from plugin.core.broadcasts.money import Cost
from plugin.core.broadcasts.proportions import Difference, difference
from plugin.models.audience.synced_property import SyncedProperty
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.services.broadcasts.results import Group, Results, results_of
from plugin.web.broadcasts.blueprint import blueprint
from plugin.web.broadcasts.words import LETTERS
from plugin.web.layout import figure

# With fewer people in a variant nothing is chosen, and no difference is named.
FEWEST = 100


class CostInWords(NamedTuple):
    """`amount`: "" without a price; `free`: how many messages cost nothing more, "" for none."""

    amount: str
    free: str


class InWords(NamedTuple):
    """`verdict`: how the variants compare; `lift`: how the goal compares with those held out."""

    results: Results
    cost: CostInWords | None
    verdict: str
    lift: str
    goal: str


def results_in_words(broadcast: Broadcast) -> InWords | None:
    """Return what came of a broadcast that has sent something."""
    if broadcast.first_sent_at is None:
        return None
    found = results_of(broadcast)
    return InWords(
        found,
        cost_in_words(found.cost),
        _verdict(found.groups),
        _lift(found.lift),
        _goal(broadcast),
    )


@blueprint.app_template_filter("share")
def share(part: int, whole: int) -> str:
    """Return a part as a percentage, with a decimal where it is small."""
    if not whole:
        return "–"
    value = part / whole
    return str(format_percent(value, "0.0%" if 0 < value < 0.1 else "0%"))


def cost_in_words(cost: Cost | None) -> CostInWords | None:
    """Return what messages cost by the account's plan, None where none was entered."""
    if cost is None:
        return None
    amount = "" if cost.milli is None else format_currency(cost.milli / 1000, cost.currency)
    return CostInWords(str(amount), figure(cost.free) if cost.free else "")


def _verdict(groups: tuple[Group, ...]) -> str:
    """Compare the two variants with the largest shares of people who tapped."""
    if len(groups) < 2:
        return ""
    if min(group.people for group in groups) < FEWEST:
        most = figure(FEWEST)
        return str(_("Below %(most)s people in a variant nothing can be said.", most=most))
    ordered = sorted(groups, key=lambda group: -group.tapped / group.people)
    best, next_best = ordered[:2]
    found = difference(best.tapped, best.people, next_best.tapped, next_best.people)
    if not found.is_clear:
        return str(_("No difference seen: it may be chance."))
    letters = {"best": LETTERS[best.variant], "other": LETTERS[next_best.variant]}
    return str(_("%(best)s was tapped more than %(other)s, by %(points)s.",
                 points=_points(found), **letters))  # fmt: skip


def _points(found: Difference) -> str:
    low, high = (round(100 * end, 1) for end in found.interval)
    return str(_("%(low)s to %(high)s percentage points", low=low, high=high))


def _lift(found: Difference | None) -> str:
    if found is None:
        return ""
    if not found.is_clear:
        return str(_("No difference from those held out was seen: it may be chance."))
    return str(_("Compared with those held out: %(points)s.", points=_points(found)))


def _goal(broadcast: Broadcast) -> str:
    goal = broadcast.goal or {}
    value = str(goal.get("name") or goal.get("value") or "")
    name, label = _property_words(broadcast, str(goal.get("property", "")), value)
    sentences = {
        "list": _("joined the list %(value)s", value=value),
        "property": _("%(name)s became %(value)s", name=name, value=label),
        "link": _("tapped %(value)s", value=value) if value else _("tapped a link"),
        "deal": _("won a deal"),
    }
    what = sentences.get(str(goal.get("kind", "")), "")
    days = int(goal.get("days") or 0)
    within = ngettext("within %(num)s day", "within %(num)s days", days)
    return f"{what} {within}" if what else ""


def _property_words(broadcast: Broadcast, name: str, value: str) -> tuple[str, str]:
    """Return a property and its value as HubSpot labels them, where they are kept."""
    kept = SyncedProperty.readable(broadcast.official_account.installation_id) if name else {}
    if name not in kept:
        return name, value
    labels = {str(value): str(label) for value, label in kept[name].labels}
    return kept[name].label or name, labels.get(value, value)
