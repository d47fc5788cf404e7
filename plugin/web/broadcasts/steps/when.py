"""The step "when": the time, the pace, how many, and what is measured."""

from typing import Any

from flask import redirect, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from plugin.core.clock import utcnow
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.services.broadcasts.goals import missing_scope
from plugin.web.broadcasts.blueprint import blueprint
from plugin.web.broadcasts.steps.campaigns import Offered, chosen_campaign, offered_campaigns
from plugin.web.broadcasts.steps.drafts import Page, own_draft, save_step, seen_stamp, step_page
from plugin.web.broadcasts.steps.lists import check_property, chosen_list
from plugin.web.broadcasts.steps.typed import Typed
from plugin.web.broadcasts.steps.when_form import changes_of, stored_values, zone_of_portal
from plugin.web.overwrites import Difference
from plugin.web.session import person

EDITED = (
    "schedule_at", "spread_minutes", "per_minute", "ignores_quiet_hours", "cap_override", "budget",
    "when_short", "holdout_percent", "goal", "campaign",
)  # fmt: skip


@blueprint.route("/broadcasts/<row_id:broadcast_id>/when", methods=["GET", "POST"])
def when(broadcast_id: int) -> Page:
    """Choose when it goes out, how fast, and to how many."""
    broadcast = own_draft(broadcast_id)
    zone = zone_of_portal(person().installation)
    if request.method == "GET":
        return _page(broadcast, Typed(stored_values(broadcast, zone)))
    typed = Typed(request.form)
    changes = changes_of(typed, zone)
    _look_up_goal(typed, changes["goal"] or {})
    offered = offered_campaigns()
    changes["campaign"] = chosen_campaign(typed, broadcast, offered)
    if any(typed.errors.values()):
        return _page(broadcast, typed, offered=offered), 422
    differences = save_step(broadcast, changes)
    if differences:
        return _page(broadcast, typed, differences, offered), 409
    return redirect(url_for("broadcasts.check", broadcast_id=broadcast.id))


def _look_up_goal(typed: Typed, goal: dict[str, Any]) -> None:
    """Check what a goal names, with HubSpot; complete it by the list's name."""
    kind = goal.get("kind", "")
    scope = missing_scope(person().installation, kind)
    if scope:
        words = _("HubSpot has not allowed this (%(scope)s). Connect HubSpot again to allow it.",
                  scope=scope)  # fmt: skip
        typed.refuse("goal", words)
    if kind == "property" and not typed.errors["goal_property"]:
        check_property(typed, "goal_property")
    if kind == "list" and not typed.errors["goal_list_value"]:
        found = chosen_list(typed, "goal_list_value")
        if found is not None:
            goal |= {"value": found.list_id, "name": found.name[:255]}


def _page(
    broadcast: Broadcast,
    typed: Typed,
    differences: tuple[Difference, ...] = (),
    offered: Offered | None = None,
) -> str:
    zone, now = zone_of_portal(person().installation), utcnow()
    rules = SendingRules.of_account(broadcast.official_account_id)
    return step_page(
        "when",
        broadcast,
        values=typed.values,
        errors=typed.errors,
        differences=differences,
        seen=seen_stamp(broadcast, EDITED),
        zone=zone.key,
        now=now,
        today=now.astimezone(zone).date().isoformat(),
        rules=rules,
        open_hours=open_hours_in_words(rules),
        offered=offered or offered_campaigns(),
    )


def open_hours_in_words(rules: SendingRules | None) -> list[tuple[str, str]]:
    """Return each weekday with the hours in which messages may go out."""
    days = get_locale().days["format"]["abbreviated"]
    hours = (rules.open_hours if rules else None) or []
    return [(str(days[number]), _span(first, until)) for number, (first, until) in enumerate(hours)]


def _span(first: int, until: int) -> str:
    if first == until:
        return "–"
    return f"{first // 60:02}:{first % 60:02}–{until // 60:02}:{until % 60:02}"
