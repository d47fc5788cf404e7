"""Undo of an entry of a friend's linkage history."""

from flask import abort, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.models.base import db
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.services.linkage.undo import UndoResult, undo
from plugin.web.friends.blueprint import blueprint
from plugin.web.owned import own_friend
from plugin.web.session import person, tenant


@blueprint.post("/friends/<row_id:friend_id>/history/<row_id:entry_id>/undo")
def undo_entry(friend_id: int, entry_id: int) -> Response:
    """Undo an entry, if none came after it."""
    friend = own_friend(friend_id)
    statement = HistoryEntry.owned(tenant()).where(
        HistoryEntry.id == entry_id, HistoryEntry.line_user_id == friend.line_user_id
    )
    entry = db.session.scalar(statement) or abort(404)
    flash(_words(undo(entry, person().member.email)))
    return redirect(url_for("friends.friend", friend_id=friend_id))


def _words(outcome: UndoResult) -> str:
    words = {
        "undone": _("Undone. HubSpot's LINE properties follow in a moment."),
        "taken": _("Not undone: the contact is linked with somebody else by now."),
        "contact_gone": _("Not undone: HubSpot has this contact no more."),
    }
    return str(words.get(outcome, _("Not undone: something happened to this link after that.")))
