"""Buttons of a started broadcast: pause, resume, cancel, approve, decline, choose the winner."""

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.broadcasts.broadcast import CANCELLED, Broadcast
from plugin.models.broadcasts.recipient import UNKNOWN
from plugin.models.broadcasts.variant import Variant
from plugin.services.broadcasts import split, start
from plugin.services.broadcasts.drafts import LONGEST_NAME
from plugin.services.broadcasts.freeze import CouldNotStart
from plugin.services.broadcasts.recipients import again_to_silent, settle_unknown
from plugin.services.broadcasts.usage import take_newest
from plugin.services.segments.list_export import LONGEST_NAME as LONGEST_LIST_NAME
from plugin.services.segments.list_export import ExportRefused, export_recipients
from plugin.web.broadcasts.blueprint import blueprint
from plugin.web.broadcasts.recipients import filter_of, filter_words
from plugin.web.broadcasts.steps.drafts import own_broadcast
from plugin.web.broadcasts.steps.typed import Typed
from plugin.web.broadcasts.steps.when_form import WHEN_SHORT
from plugin.web.broadcasts.sums import reason_word
from plugin.web.broadcasts.words import LETTERS
from plugin.web.language import in_words
from plugin.web.layout import figure
from plugin.web.owned import row_id
from plugin.web.session import person

MOST_TICKED = 200


@blueprint.post("/broadcasts/<row_id:broadcast_id>/pause")
def pause(broadcast_id: int) -> Response:
    broadcast = own_broadcast(broadcast_id)
    start.pause(broadcast)
    flash(_("Paused. Calls that are under way still end."))
    return _back(broadcast)


@blueprint.post("/broadcasts/<row_id:broadcast_id>/resume")
def resume(broadcast_id: int) -> Response:
    """Go on; where the month's messages do not suffice, as the person chose."""
    broadcast = own_broadcast(broadcast_id)
    chosen = request.form.get("when_short", "")
    start.resume(broadcast, chosen if chosen in WHEN_SHORT else "")
    flash(_("It goes on."))
    return _back(broadcast)


@blueprint.post("/broadcasts/<row_id:broadcast_id>/cancel")
def cancel(broadcast_id: int) -> Response:
    """Cancel; before the first message it becomes a draft again."""
    broadcast = own_broadcast(broadcast_id)
    start.cancel(broadcast)
    if own_broadcast(broadcast_id).state == CANCELLED:
        flash(_("Cancelled. Whoever waited gets nothing; what has gone out stays."))
    else:
        flash(_("It is a draft again. Nothing has gone out."))
    return _back(broadcast)


@blueprint.post("/broadcasts/<row_id:broadcast_id>/approve")
def approve(broadcast_id: int) -> Response:
    """Approve the number: another member does, or a lone owner types it."""
    broadcast = own_broadcast(broadcast_id)
    typed = row_id(request.form.get("number", "").replace(",", "").strip()) or None
    try:
        start.approve(broadcast, person().member.email, typed, _read(request.form.get("read")))
    except start.NotAllowed:
        flash(_("Not approved. Type exactly the number of people, or ask another member."), "bad")
    except start.WordsChanged:
        flash(_("Not approved: other words are sent by now. Read them first."), "bad")
    else:
        flash(_("Approved."))
    return _back(broadcast)


def _read(text: str | None) -> tuple[int, ...] | None:
    """Return the versions that the form names, which the member had before them."""
    return None if text is None else tuple(row_id(number) or 0 for number in text.split(","))


@blueprint.post("/broadcasts/<row_id:broadcast_id>/decline")
def decline(broadcast_id: int) -> Response:
    """Refuse to approve: it is a draft again."""
    broadcast = own_broadcast(broadcast_id)
    start.decline(broadcast, person().member.email)
    flash(_("Declined. It is a draft again, and nothing has gone out."))
    return _back(broadcast)


@blueprint.post("/broadcasts/<row_id:broadcast_id>/newest")
def take_newest_version(broadcast_id: int) -> Response:
    """Send the newest versions of its templates, where older ones were kept."""
    broadcast = own_broadcast(broadcast_id)
    try:
        take_newest(broadcast, person().member.email)
    except CouldNotStart as error:
        flash(reason_word(error.reason), "bad")
    else:
        flash(_("It sends the newest version now."))
    return _back(broadcast)


@blueprint.post("/broadcasts/<row_id:broadcast_id>/winner")
def choose_winner(broadcast_id: int) -> Response:
    """Send a variant to everybody who waits for the winner."""
    broadcast, number = own_broadcast(broadcast_id), request.form.get("variant", "")
    chosen = [row for row in Variant.of_broadcast(broadcast.id) if str(row.number) == number]
    if not chosen:
        flash(_("Choose one of the variants."), "bad")
        return _back(broadcast)
    split.choose_winner(broadcast, chosen[0].number, person().member.email)
    flash(_("The rest gets variant %(letter)s.", letter=LETTERS[chosen[0].number]))
    return _back(broadcast)


@blueprint.post("/broadcasts/<row_id:broadcast_id>/again")
def send_again(broadcast_id: int) -> Response:
    """Make a draft for those who got it and tapped nothing."""
    broadcast = own_broadcast(broadcast_id)
    name = _("%(name)s, once more", name=broadcast.name)[:LONGEST_NAME]
    copy = again_to_silent(broadcast, name, person().member.email)
    if copy is None:
        flash(_("Everybody who got it has tapped a link, so nobody is left to send to."), "bad")
        return _back(broadcast)
    flash(_("This is a new draft for those who got it and did not tap. Change what it says."))
    return redirect(url_for("broadcasts.what", broadcast_id=copy.id))


@blueprint.post("/broadcasts/<row_id:broadcast_id>/settle")
def settle(broadcast_id: int) -> Response:
    """Settle unknown outcomes by hand: all, or the ticked ones."""
    broadcast = own_broadcast(broadcast_id)
    ticked = [row_id(text) for text in request.form.getlist("recipient")][:MOST_TICKED]
    if request.form.get("which") != "all" and not ticked:
        flash(_("Tick the people whose outcome you know."), "bad")
    else:
        ids = None if request.form.get("which") == "all" else ticked
        was_sent = request.form.get("outcome") == "sent"
        count = settle_unknown(broadcast, was_sent=was_sent, recipient_ids=ids)
        flash(ngettext("%(shown)s outcome is settled.", "%(shown)s outcomes are settled.",
                       count, shown=figure(count)))  # fmt: skip
    return redirect(url_for("broadcasts.recipients", broadcast_id=broadcast.id, state=UNKNOWN))


@blueprint.post("/broadcasts/<row_id:broadcast_id>/recipients/list")
def list_in_hubspot(broadcast_id: int) -> Response:
    """Begin a static HubSpot list of the recipients that the filter shows."""
    broadcast, words = own_broadcast(broadcast_id), filter_words(request.form)
    typed = Typed(request.form)
    name = typed.text("name", LONGEST_LIST_NAME)
    back = url_for("broadcasts.recipients", broadcast_id=broadcast.id, **words)
    if not name or typed.errors:
        flash(
            _("Give the list a name of at most %(most)s characters.", most=LONGEST_LIST_NAME), "bad"
        )
        return redirect(back)
    try:
        by = person().member.email
        export_recipients(get_deps(), broadcast, name, filter_of(words), by)
    except ExportRefused as error:
        flash(in_words(error.message), "bad")
    except GatewayError as error:
        flash(_("HubSpot could not be asked: %(error)s", error=error.message), "bad")
    else:
        flash(_("The list is being made in HubSpot."))
    return redirect(back)


def _back(broadcast: Broadcast) -> Response:
    return redirect(url_for("broadcasts.broadcast", broadcast_id=broadcast.id))
