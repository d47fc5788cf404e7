"""Settings > Webhooks > a receiver: what it was told, what it answered, and once more."""

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from plugin.core.time_zones import zone_of
from plugin.core.webhooks.event_types import TEST
from plugin.core.webhooks.schedule import EVENTS_KEPT
from plugin.models.outgoing.event import GIVEN_UP, MOST_COUNTED, EventDelivery
from plugin.services.outgoing.replay import TooMany, replay_given_up, replay_one, replay_period
from plugin.web.language import in_words
from plugin.web.layout import figure, page
from plugin.web.newest import newest
from plugin.web.owned import row_id
from plugin.web.session import person, tenant
from plugin.web.settings.blueprint import blueprint
from plugin.web.settings.receiver_words import (
    STATES,
    delivery_word,
    event_word,
    halt_words,
    is_overdue,
    is_soon_tried,
    outcome_words,
    receiver_word,
)
from plugin.web.settings.receivers import own_receiver

WORDS = {"event_word": event_word, "delivery_word": delivery_word, "outcome_words": outcome_words,
         "is_overdue": is_overdue}  # fmt: skip


@blueprint.get("/settings/webhooks/<row_id:receiver_id>")
def webhook(receiver_id: int) -> str:
    receiver = own_receiver(receiver_id)
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    before = row_id(request.args.get("before", ""))
    rows = EventDelivery.of_receiver(receiver.id, state)
    deliveries, after = newest(rows, EventDelivery.id, before)
    here: dict[str, Any] = {"receiver_id": receiver.id, **({"state": state} if state else {})}
    today = datetime.now(_zone()).date()
    return page(
        "webhooks/one.html",
        "settings",
        receiver=receiver,
        receiver_word=receiver_word(receiver),
        halt_words=halt_words(receiver),
        given_up=EventDelivery.count_of(receiver.id, GIVEN_UP),
        counted=MOST_COUNTED,
        deliveries=deliveries,
        older=url_for("settings.webhook", **here, before=after) if after else "",
        newest=url_for("settings.webhook", **here) if before else "",
        state=state,
        states=STATES,
        today=today.isoformat(),
        first_day=(today - EVENTS_KEPT).isoformat(),
        **WORDS,
    )


@blueprint.get("/settings/webhooks/deliveries/<row_id:event_delivery_id>")
def webhook_delivery(event_delivery_id: int) -> str:
    delivery = _own_delivery(event_delivery_id)
    body = json.dumps(json.loads(delivery.event.body), indent=2, ensure_ascii=False)
    receiver = own_receiver(delivery.receiver_id)
    return page(
        "webhooks/delivery.html", "settings", delivery=delivery, receiver=receiver, body=body,
        is_test=delivery.event.type == TEST, is_soon=is_soon_tried(delivery), **WORDS,
    )  # fmt: skip


@blueprint.post("/settings/webhooks/deliveries/<row_id:event_delivery_id>/replay")
def replay_webhook_delivery(event_delivery_id: int) -> Response:
    replay_one(_own_delivery(event_delivery_id))
    flash(_("It is sent once more."))
    return redirect(url_for("settings.webhook_delivery", event_delivery_id=event_delivery_id))


@blueprint.post("/settings/webhooks/<row_id:receiver_id>/replay")
def replay_webhook(receiver_id: int) -> Response:
    """Send again what was given up, or all of some days."""
    receiver = own_receiver(receiver_id)
    back = redirect(url_for("settings.webhook", receiver_id=receiver_id))
    if request.form.get("what") == "given_up":
        _flash_replayed(replay_given_up(receiver))
        return back
    first, last = _day("first"), _day("last")
    if first is None or last is None or last < first:
        flash(_("Choose the first and the last day, in this order. Nothing was sent."), "bad")
        return back
    start, end = _midnight(first), _midnight(last + timedelta(days=1))
    try:
        _flash_replayed(replay_period(receiver, start, end))
    except TooMany as error:
        flash(in_words(error.problem), "bad")
    return back


def _flash_replayed(count: int) -> None:
    words = ngettext(
        "%(events)s event is sent once more.",
        "%(events)s events are sent once more.",
        count,
        events=figure(count),
    )
    flash(words if count else _("There are no such events."))


def _own_delivery(delivery_id: int) -> EventDelivery:
    return EventDelivery.find_owned(tenant(), delivery_id) or abort(404)


def _zone() -> ZoneInfo:
    return zone_of(person().installation.time_zone)


def _day(name: str) -> date | None:
    try:
        day = date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        return None
    return day if 2000 < day.year < 2999 else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), _zone()).astimezone(UTC)
