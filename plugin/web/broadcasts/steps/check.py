"""The step "check": who would get it, what it costs, what is wrong; and the button that sends."""

from typing import Any

from flask import redirect, request, url_for

from plugin.core.clock import utcnow
from plugin.models.broadcasts.broadcast import LIST, Broadcast
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.models.broadcasts.variant import Variant
from plugin.services.broadcasts.audience import begin_reading, is_read
from plugin.services.broadcasts.cost import expected_cost
from plugin.services.broadcasts.preflight import Check, preflight
from plugin.services.broadcasts.start import CannotStart, start
from plugin.services.broadcasts.usage import messages_of_variant, sent_versions
from plugin.web.broadcasts.blueprint import blueprint
from plugin.web.broadcasts.results import cost_in_words
from plugin.web.broadcasts.segment_names import segment_names
from plugin.web.broadcasts.steps.drafts import Page, own_draft, step_page
from plugin.web.broadcasts.steps.what_form import tracks_links
from plugin.web.broadcasts.steps.when import open_hours_in_words
from plugin.web.broadcasts.steps.when_form import zone_of_portal
from plugin.web.broadcasts.sums import reason_word, sum_before
from plugin.web.broadcasts.words import LETTERS, audience_word
from plugin.web.language import in_words
from plugin.web.message_templates.preview import preview_messages
from plugin.web.owned import row_id
from plugin.web.session import person

# Where a problem is mended, by the field that preflight names.
MENDED_AT = {
    "segment": "broadcasts.who",
    "list": "broadcasts.who",
    "upload": "broadcasts.who",
    "messages": "broadcasts.what",
}


@blueprint.get("/broadcasts/<row_id:broadcast_id>/check")
def check(broadcast_id: int) -> str:
    """Show the numbers as they are now, and everything that stands in the way."""
    return _page(own_draft(broadcast_id))


@blueprint.post("/broadcasts/<row_id:broadcast_id>/start")
def start_broadcast(broadcast_id: int) -> Page:
    """Send, plan, or ask for approval: whatever the check has announced."""
    broadcast = own_draft(broadcast_id)
    seen = row_id(request.form.get("reach", "")) or None
    now = preflight(broadcast, seen)
    if now.problems or (now.reach == 0 and _is_known(broadcast)):
        return _page(broadcast, now), 422
    if now.is_unusual and request.form.get("confirmed") != "yes":
        return _page(broadcast, now, unconfirmed=True), 422
    try:
        start(broadcast, person().member.email)
    except CannotStart:
        return _page(broadcast), 422
    return redirect(url_for("broadcasts.broadcast", broadcast_id=broadcast.id))


@blueprint.get("/broadcasts/<row_id:broadcast_id>/start", endpoint="start_again")
def show_check_again(broadcast_id: int) -> Page:
    # A refused start leaves the browser at this address: a reload, or another language, looks anew.
    return redirect(url_for("broadcasts.check", broadcast_id=own_draft(broadcast_id).id))


def _is_known(broadcast: Broadcast) -> bool:
    # The members of a HubSpot list are known once it is read.
    return broadcast.audience != LIST or is_read(broadcast, utcnow())


def _page(broadcast: Broadcast, now: Check | None = None, unconfirmed: bool = False) -> str:
    if broadcast.audience == LIST and broadcast.list_id:
        begin_reading(broadcast)
    now = now or preflight(broadcast)
    variants = Variant.of_broadcast(broadcast.id)
    rules = SendingRules.of_account(broadcast.official_account_id)
    return step_page(
        "check",
        broadcast,
        versions=[
            (LETTERS[number], version)
            for number, version in sent_versions(broadcast, variants).items()
        ],
        now=now,
        parts=sum_before(now, lambda state, reason: _people_url(broadcast, state, reason)),
        known=_is_known(broadcast),
        unconfirmed=unconfirmed,
        audience=audience_word(broadcast, segment_names([broadcast.segment_id])),
        previews=[
            (
                LETTERS[row.number],
                preview_messages(messages_of_variant(broadcast, row)),
                tracks_links(broadcast, row),
            )
            for row in variants
        ],
        problems=[_problem(broadcast, field, words) for field, words in now.problems],
        reason=reason_word(broadcast.reason) if broadcast.reason else "",
        rules=rules,
        zone=zone_of_portal(person().installation).key,
        money=cost_in_words(expected_cost(broadcast.official_account, now.reach)),
        open_hours=open_hours_in_words(rules),
    )


def _problem(broadcast: Broadcast, field: str, words: Any) -> tuple[str, str]:
    endpoint = MENDED_AT.get(field, "broadcasts.when")
    return in_words(words), url_for(endpoint, broadcast_id=broadcast.id)


def _people_url(broadcast: Broadcast, state: str, reason: str) -> str:
    if reason == "budget":
        # Who is among the likeliest is decided when it starts.
        return ""
    term = reason or state
    return url_for("broadcasts.people", broadcast_id=broadcast.id, term=term)
