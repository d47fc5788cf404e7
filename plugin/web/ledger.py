"""Taking a line of a friend's history back."""

from flask import abort, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.models.base import db
from plugin.models.people import LedgerEntry
from plugin.services.undo import Undone, undo
from plugin.web.blueprint import web
from plugin.web.people import own_friend
from plugin.web.signed_in import person, tenant


@web.post("/friends/<int:friend_id>/history/<int:entry_id>/undo")
def undo_line(friend_id: int, entry_id: int) -> Response:
    """Undo one line, if nothing came after it."""
    mine = own_friend(friend_id)
    lines = LedgerEntry.owned(tenant()).where(
        LedgerEntry.id == entry_id, LedgerEntry.line_user_id == mine.line_user_id
    )
    entry = db.session.scalar(lines) or abort(404)
    flash(_words(undo(entry, person().member.email)))
    return redirect(url_for("web.friend", friend_id=friend_id))


def _words(outcome: Undone) -> str:
    words = {
        "undone": _("Undone. HubSpot's LINE properties follow in a moment."),
        "taken": _("Not undone: the contact is linked with somebody else by now."),
        "contact_gone": _("Not undone: HubSpot has this contact no more."),
    }
    return str(words.get(outcome, _("Not undone: something happened to this link after that.")))
