"""The page of a broadcast that was started: what waits, how far it is, what came of it."""

from datetime import timedelta
from typing import Any

from flask import redirect, url_for
from flask_babel import ngettext

from plugin.models.broadcasts.broadcast import (
    ASKED,
    DRAFT,
    PAUSED,
    SCHEDULED,
    SENDING,
    Broadcast,
)
from plugin.models.broadcasts.recipient import WAITING
from plugin.models.broadcasts.tally import NO_VARIANT, counts
from plugin.models.broadcasts.variant import Variant
from plugin.services.broadcasts.progress import progress_of
from plugin.services.broadcasts.split import hits_of
from plugin.services.broadcasts.start import is_alone
from plugin.services.broadcasts.usage import (
    SentVersion,
    kept_versions,
    messages_of_variant,
    sent_versions,
)
from plugin.web.broadcasts.blueprint import blueprint
from plugin.web.broadcasts.results import results_in_words
from plugin.web.broadcasts.segment_names import segment_names
from plugin.web.broadcasts.steps.drafts import Page, own_broadcast, who_is_chosen
from plugin.web.broadcasts.sums import reason_word, sum_of
from plugin.web.broadcasts.words import LETTERS, audience_word
from plugin.web.layout import figure, page
from plugin.web.message_templates.preview import PreviewMessage, preview_messages
from plugin.web.session import person

RUNNING = (SCHEDULED, SENDING, PAUSED)


@blueprint.get("/broadcasts/<row_id:broadcast_id>")
def broadcast(broadcast_id: int) -> Page:
    """Show a started broadcast; a draft goes on at the step that was reached."""
    broadcast = own_broadcast(broadcast_id)
    if broadcast.state == DRAFT:
        return redirect(url_for(_step(broadcast), broadcast_id=broadcast.id))
    # While it is sent the page looks again every other second, so it has only what a tally tells.
    results = results_in_words(broadcast) if broadcast.state != SENDING else None
    return _page(broadcast, "broadcasts/one.html", results=results)


@blueprint.get("/broadcasts/<row_id:broadcast_id>/results")
def results(broadcast_id: int) -> Page:
    """Show the results so far of a broadcast that is still being sent."""
    broadcast = own_broadcast(broadcast_id)
    if broadcast.first_sent_at is None:
        return redirect(url_for("broadcasts.broadcast", broadcast_id=broadcast.id))
    return _page(broadcast, "broadcasts/results.html", results=results_in_words(broadcast))


def recipients_url(broadcast: Broadcast, **words: Any) -> str:
    """Return the address of the recipients with a filter."""
    chosen = {name: value for name, value in words.items() if value not in ("", None)}
    return url_for("broadcasts.recipients", broadcast_id=broadcast.id, **chosen)


def _step(broadcast: Broadcast) -> str:
    if not who_is_chosen(broadcast):
        return "broadcasts.who"
    return "broadcasts.check" if Variant.of_broadcast(broadcast.id) else "broadcasts.what"


def _page(broadcast: Broadcast, template: str, **values: Any) -> str:
    progress = progress_of(broadcast)
    return page(
        template,
        "broadcasts",
        broadcast=broadcast,
        progress=progress,
        parts=sum_of(
            progress,
            lambda state, reason: recipients_url(broadcast, state=state, reason=reason),
        ),
        audience=audience_word(broadcast, segment_names([broadcast.segment_id])),
        reason=reason_word(broadcast.reason) if broadcast.reason else "",
        running=broadcast.state in RUNNING,
        split=_split(broadcast) if broadcast.state in (SENDING, PAUSED) else None,
        approval=_approval(broadcast) if broadcast.approval == ASKED else None,
        previews=_previews(broadcast),
        letters=LETTERS,
        recipients_url=lambda **words: recipients_url(broadcast, **words),
        waiting=WAITING,
        **values,
    )


def _previews(broadcast: Broadcast) -> list[tuple[str, list[PreviewMessage], SentVersion | None]]:
    """Return letter, messages and template version of each variant."""
    variants = Variant.of_broadcast(broadcast.id)
    versions = sent_versions(broadcast, variants)
    return [
        (
            LETTERS[row.number],
            preview_messages(messages_of_variant(broadcast, row)),
            versions.get(row.number),
        )
        for row in variants
    ]


def _split(broadcast: Broadcast) -> dict[str, Any] | None:
    """Return what a person needs to choose the winner, where people wait for it."""
    rows = [row for row in counts(broadcast.id) if row.state == WAITING]
    waiting = sum(row.people for row in rows if row.variant == NO_VARIANT)
    if broadcast.winner is not None or not waiting:
        return None
    hits = hits_of(broadcast)
    numbers = [row.number for row in Variant.of_broadcast(broadcast.id)]
    hours = timedelta(hours=broadcast.split_hours)
    return {
        "waiting": waiting,
        "may_choose": broadcast.first_sent_at is not None or broadcast.state == PAUSED,
        "due": broadcast.first_sent_at + hours if broadcast.first_sent_at else None,
        "variants": [(LETTERS[number], number, _hits(hits.get(number, 0))) for number in numbers],
    }


def _hits(count: int) -> str:
    return str(ngettext("%(shown)s hit", "%(shown)s hits", count, shown=figure(count)))


def _approval(broadcast: Broadcast) -> dict[str, Any]:
    """Return who may approve: another member by a button, a lone owner by typing the number."""
    is_starter = person().member.email == broadcast.started_by
    return {
        "is_counted": broadcast.frozen_at is not None,
        "read": ",".join(map(str, kept_versions(broadcast))),
        "may_press": not is_starter,
        "may_type": is_starter and is_alone(broadcast),
    }
