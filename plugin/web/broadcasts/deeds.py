"""Buttons of a started broadcast: pause, resume, cancel, approve, decline, choose the winner."""

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.models.broadcasts.broadcast import CANCELLED, Broadcast
from plugin.services.broadcasts import start
from plugin.web.broadcasts.blueprint import blueprint
from plugin.web.broadcasts.steps.drafts import own_broadcast
from plugin.web.broadcasts.steps.when_form import WHEN_SHORT
from plugin.web.owned import row_id
from plugin.web.session import person


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
        start.approve(broadcast, person().member.email, typed)
    except start.NotAllowed:
        flash(_("Not approved. Type exactly the number of people, or ask another member."), "bad")
    else:
        flash(_("Approved."))
    return _back(broadcast)


@blueprint.post("/broadcasts/<row_id:broadcast_id>/decline")
def decline(broadcast_id: int) -> Response:
    """Refuse to approve: it is a draft again."""
    broadcast = own_broadcast(broadcast_id)
    start.decline(broadcast, person().member.email)
    flash(_("Declined. It is a draft again, and nothing has gone out."))
    return _back(broadcast)


def _back(broadcast: Broadcast) -> Response:
    return redirect(url_for("broadcasts.broadcast", broadcast_id=broadcast.id))
