"""The step "when": the form's values, and what they change in the draft."""

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask_babel import format_datetime
from flask_babel import gettext as _

from plugin.core.clock import utcnow
from plugin.core.local_times import SkippedTime, moment_of
from plugin.core.time_zones import zone_of
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.connections.installation import Installation
from plugin.web.broadcasts.steps.typed import Typed, as_text

NOW, AT = "now", "at"
FAST, SPREAD, RATE = "fast", "spread", "rate"
WHEN_SHORT = ("ask", "budget", "next_month")
LAST_YEAR = 2999
MOST_SPREAD, MOST_RATE, MOST_HOLDOUT = 7 * 24 * 60, 60_000, 50


class Goals(NamedTuple):
    """The kinds of goal; each has its value in a field of its own."""

    kinds: tuple[str, ...] = ("list", "property", "link", "deal")
    shortest: int = 1
    longest: int = 30
    usual: int = 7


GOALS = Goals()


def zone_of_portal(installation: Installation) -> ZoneInfo:
    return zone_of(installation.time_zone)


def stored_values(broadcast: Broadcast, zone: ZoneInfo) -> dict[str, str]:
    """Return the draft's values as the form shows them."""
    at = broadcast.schedule_at.astimezone(zone) if broadcast.schedule_at else None
    pace = SPREAD if broadcast.spread_minutes else RATE if broadcast.per_minute else FAST
    names = ("spread_minutes", "per_minute", "ignores_quiet_hours", "cap_override", "budget",
             "when_short", "holdout_percent")  # fmt: skip
    goal, campaign = broadcast.goal or {}, broadcast.campaign or {}
    return {
        **{name: as_text(getattr(broadcast, name)) for name in names},
        "start": AT if at else NOW,
        "date": at.date().isoformat() if at else "",
        "time": at.strftime("%H:%M") if at else "",
        "pace": pace,
        "overrides_cap": as_text(bool(broadcast.cap_override)),
        "goal": as_text(goal.get("kind")),
        "goal_property": as_text(goal.get("property")),
        f"goal_{goal.get('kind', 'none')}_value": as_text(goal.get("value")),
        "goal_days": as_text(goal.get("days") or GOALS.usual),
        "campaign": as_text(campaign.get("id")),
    }


def changes_of(typed: Typed, zone: ZoneInfo) -> dict[str, Any]:
    """Return the draft's new values; they count only where `typed` has no errors."""
    pace = typed.choice("pace", (FAST, SPREAD, RATE), FAST)
    spread = typed.needed("spread_minutes", 1, MOST_SPREAD) if pace == SPREAD else None
    rate = typed.needed("per_minute", 1, MOST_RATE) if pace == RATE else None
    return {
        "schedule_at": _schedule(typed, zone),
        "spread_minutes": spread,
        "per_minute": rate,
        "ignores_quiet_hours": typed.flag("ignores_quiet_hours"),
        "cap_override": _cap_override(typed),
        "budget": typed.number("budget", 1),
        "when_short": typed.choice("when_short", WHEN_SHORT, "ask"),
        "holdout_percent": typed.number("holdout_percent", 0, MOST_HOLDOUT) or 0,
        "goal": _goal(typed),
    }


def _schedule(typed: Typed, zone: ZoneInfo) -> datetime | None:
    if typed.choice("start", (NOW, AT), NOW) == NOW:
        return None
    day, at = _parsed(typed, "date", date), _parsed(typed, "time", time)
    if day is None or at is None:
        return None
    if day.year > LAST_YEAR:
        typed.refuse("date", _("Choose an earlier year."))
        return None
    shown = datetime.combine(day, at)
    try:
        moment = moment_of(shown, zone.key)
    except SkippedTime:
        later = format_datetime(_after_the_skip(shown, zone), "short")
        words = _("On that day the clocks jump over this time, to %(later)s.", later=later)
        typed.refuse("time", words)
        return None
    if moment <= utcnow():
        typed.refuse("date", _("This moment is past. Choose a later one, or send now."))
    return moment


def _after_the_skip(shown: datetime, zone: ZoneInfo) -> datetime:
    # No clock jumps by more than a few hours.
    for minutes in range(1, 24 * 60):
        with suppress(SkippedTime):
            return moment_of(shown + timedelta(minutes=minutes), zone.key)
    return shown.replace(tzinfo=UTC)


def _parsed(typed: Typed, name: str, kind: Any) -> Any:
    text = typed.values.get(name, "").strip()
    try:
        value = kind.fromisoformat(text)
    except ValueError:
        words = _("Choose the day.") if name == "date" else _("Choose the time.")
        typed.refuse(name, words)
        return None
    return value.replace(tzinfo=None, second=0, microsecond=0) if kind is time else value


def _cap_override(typed: Typed) -> str:
    if not typed.flag("overrides_cap"):
        return ""
    reason = typed.text("cap_override", 255)
    if not reason:
        typed.refuse("cap_override", _("Say why. Your team can read it later."))
    return reason


def _goal(typed: Typed) -> dict[str, Any] | None:
    kind = typed.choice("goal", GOALS.kinds, "")
    if not kind:
        return None
    days = typed.needed("goal_days", GOALS.shortest, GOALS.longest) or GOALS.usual
    goal: dict[str, Any] = {"kind": kind, "days": days, "value": ""}
    if kind != "deal":
        goal["value"] = typed.text(f"goal_{kind}_value", 500)
    if kind == "property":
        goal["property"] = typed.text("goal_property", 100)
        if not goal["property"]:
            typed.refuse("goal_property", _("Choose the property."))
    if kind in ("list", "property") and not goal["value"]:
        typed.refuse(f"goal_{kind}_value", _("Fill this in."))
    return goal
