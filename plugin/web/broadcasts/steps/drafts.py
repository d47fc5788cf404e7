"""What the four steps of a draft share: the row, the stairs, saving, and who saved meanwhile."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flask import abort, flash, redirect, request, url_for
from flask_babel import format_datetime, lazy_gettext
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.overwrites import ChangedMeanwhile
from plugin.models.base import db
from plugin.models.broadcasts.audience_member import Uploaded
from plugin.models.broadcasts.broadcast import ALL, DRAFT, LIST, SEGMENT, UPLOAD, Broadcast
from plugin.models.broadcasts.variant import Variant
from plugin.services.broadcasts.drafts import Content, Written, WrongState, save_draft, values_of
from plugin.web.broadcasts.blueprint import blueprint
from plugin.web.broadcasts.segment_names import segment_names
from plugin.web.broadcasts.words import STATE_WORDS, audience_word
from plugin.web.layout import page
from plugin.web.overwrites import Difference, display_value, stamp, submitted_fingerprints
from plugin.web.session import tenant

Page = str | Response | tuple[str, int]
LABELS = {
    "name": lazy_gettext("Name"),
    "audience": lazy_gettext("Who gets it"),
    "segment_id": lazy_gettext("Segment"),
    "list_id": lazy_gettext("List"),
    "schedule_at": lazy_gettext("When"),
    "per_minute": lazy_gettext("Messages a minute"),
    "spread_minutes": lazy_gettext("Spread over minutes"),
    "ignores_quiet_hours": lazy_gettext("Send in quiet hours too"),
    "silent": lazy_gettext("Without a sound"),
    "cap_override": lazy_gettext("Frequency cap"),
    "budget": lazy_gettext("At most so many messages"),
    "holdout_percent": lazy_gettext("Percent to hold out"),
    "when_short": lazy_gettext("When the month's messages do not suffice"),
    "split_percent": lazy_gettext("Percent in the test"),
    "split_by": lazy_gettext("The winner is decided by"),
    "split_hours": lazy_gettext("Hours of the test"),
    "goal": lazy_gettext("Goal"),
    "campaign": lazy_gettext("HubSpot campaign"),
    "contents": lazy_gettext("Messages"),
}


class Stair(NamedTuple):
    """A step of the draft; `summary`: what it holds, in a few words."""

    name: str
    endpoint: str
    label: str
    done: bool
    summary: str


def own_broadcast(broadcast_id: int) -> Broadcast:
    """Return the broadcast of this tenant, an archived one too, or 404."""
    found = Broadcast.find_owned(tenant(), broadcast_id)
    if found is None:
        archived = Broadcast.owned(tenant(), archived=True).where(Broadcast.id == broadcast_id)
        found = db.session.scalar(archived)
    return found or abort(404)


def own_draft(broadcast_id: int) -> Broadcast:
    """Return a draft of this tenant. Raise `WrongState` for what is none any more."""
    broadcast = own_broadcast(broadcast_id)
    if broadcast.state != DRAFT:
        raise WrongState(broadcast.state)
    return broadcast


@blueprint.errorhandler(WrongState)
def _no_draft_any_more(error: WrongState) -> Response:
    # Somebody else started, cancelled or archived it while this page was open.
    broadcast = own_broadcast((request.view_args or {}).get("broadcast_id", 0))
    if request.method == "POST":
        state = STATE_WORDS.get(error.state, error.state)
        words = _("Nothing was changed: this broadcast is now “%(state)s”.", state=state)
        flash(words, "bad")
    return redirect(url_for("broadcasts.broadcast", broadcast_id=broadcast.id))


def step_page(step: str, broadcast: Broadcast, **values: Any) -> str:
    return page(
        f"broadcasts/{step}.html",
        "broadcasts",
        step=step,
        broadcast=broadcast,
        stairs=stairs_of(broadcast, Variant.of_broadcast(broadcast.id)),
        **values,
    )


def stairs_of(broadcast: Broadcast, variants: Sequence[Variant]) -> list[Stair]:
    names = segment_names([broadcast.segment_id])
    at = broadcast.schedule_at
    when = format_datetime(at, "short") if at else _("As soon as you send it")
    chosen = who_is_chosen(broadcast)
    who = audience_word(broadcast, names) if chosen else ""
    what = _("Messages in %(number)s variants", number=len(variants)) if variants[1:] else ""
    return [
        Stair("who", "broadcasts.who", str(_("Who")), chosen, who),
        Stair("what", "broadcasts.what", str(_("What")), bool(variants), what),
        Stair("when", "broadcasts.when", str(_("When")), bool(variants), when if variants else ""),
        Stair("check", "broadcasts.check", str(_("Check and send")), False, ""),
    ]


def who_is_chosen(broadcast: Broadcast) -> bool:
    chosen = {
        ALL: True,
        SEGMENT: bool(broadcast.segment_id),
        LIST: bool(broadcast.list_id),
        UPLOAD: bool(broadcast.upload),
    }
    return chosen.get(broadcast.audience, False)


def seen_stamp(broadcast: Broadcast, names: Sequence[str]) -> str:
    """Return the fingerprints of the values that a step's form edits."""
    values = values_of(broadcast)
    return stamp({name: values[name] for name in names})


def save_step(
    broadcast: Broadcast,
    changes: Mapping[str, Any],
    contents: Sequence[Content] | None = None,
    written: Written | None = None,
    uploaded: Uploaded | None = None,
) -> tuple[Difference, ...]:
    """Save what a step changes; return the differences where another person saved meanwhile. Raise
    `DraftChanged` where another person wrote in the draft `written`."""
    try:
        save_draft(broadcast, changes, contents, submitted_fingerprints(), written, uploaded)
    except ChangedMeanwhile as error:
        return _differences(own_broadcast(broadcast.id), error.names)
    return ()


def _differences(broadcast: Broadcast, names: frozenset[str]) -> tuple[Difference, ...]:
    values = values_of(broadcast)
    return tuple(
        Difference(str(LABELS.get(name, name)), _now(broadcast, name, values[name]))
        for name in sorted(names)
    )


def _now(broadcast: Broadcast, name: str, value: object) -> str:
    if name == "contents":
        return str(_("other messages than those you saw"))
    if name == "segment_id":
        return segment_names([broadcast.segment_id]).get(broadcast.segment_id or 0, "–")
    if name == "audience":
        return audience_word(broadcast, segment_names([broadcast.segment_id]))
    return display_value(value)
