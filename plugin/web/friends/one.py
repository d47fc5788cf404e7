"""A friend's page: both halves, the link between them, its history and the timeline."""

from datetime import datetime

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from plugin.core.overwrites import fingerprint
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.models.people.visitor_hint import VisitorHint
from plugin.services.linkage.link import unlink_manually
from plugin.services.linkage.undo import newest_linking
from plugin.services.sync.synced_words import kept_lists, kept_values
from plugin.web.friends.blueprint import blueprint
from plugin.web.friends.contact_names import names_in
from plugin.web.friends.tags import offered_tags
from plugin.web.friends.timeline import timeline_of
from plugin.web.friends.why import reasons_of
from plugin.web.language import page_language
from plugin.web.layout import page
from plugin.web.owned import own_friend, record_url
from plugin.web.session import person

# How much of the history stands on the page.
ENTRIES = 20
KINDS = {
    "": lazy_gettext("All"),
    "messages": lazy_gettext("Messages"),
    "broadcasts": lazy_gettext("Broadcasts"),
    "links": lazy_gettext("Links and scans"),
    "lists": lazy_gettext("Lists"),
    "status": lazy_gettext("Follows and blocks"),
}


@blueprint.get("/friends/<row_id:friend_id>")
def friend(friend_id: int) -> str:
    return friend_page(own_friend(friend_id))


def friend_page(friend: Friend, **values: object) -> str:
    """Return the page; `values` adds what a form of it found, such as `tag_error`."""
    kind = request.args.get("kind", "")
    contact = friend.linkage.contact if friend.linkage is not None else None
    zone, history = person().installation.time_zone, HistoryEntry.of_friend(friend, ENTRIES + 1)
    return page(
        "friends/one.html",
        "people",
        friend=friend,
        history=history[:ENTRIES],
        history_goes_on=len(history) > ENTRIES,
        names=names_in(history),
        undoable=newest_linking(friend),
        mark_of=mark_of,
        values=kept_values(contact, zone, page_language()) if contact else [],
        lists=[row for row in kept_lists(contact) if row[0].left_at is None] if contact else [],
        timeline=timeline_of(friend, kind, _before()),
        kinds=KINDS,
        kind=kind if kind in KINDS else "",
        offered=offered_tags(),
        reasons=reasons_of(friend),
        suggested=VisitorHint.of_friends([friend.id]).get(friend.id),
        record_url=record_url,
        **values,
    )


def _before() -> datetime | None:
    """Return the moment before which the timeline begins; an odd one is none."""
    try:
        before = datetime.fromisoformat(request.args.get("before", ""))
    except ValueError:
        return None
    return before if before.tzinfo is not None else None


@blueprint.post("/friends/<row_id:friend_id>/unlink")
def unlink(friend_id: int) -> Response:
    """Unlink; friend and contact stay, and the history names the person."""
    friend = own_friend(friend_id)
    if friend.linkage is None:
        flash(_("This friend was not linked any more."))
    elif request.form.get("linkage") not in (None, mark_of(friend.linkage)):
        flash(
            _("The link changed after you opened the page. Nothing was unlinked; look again."),
            "bad",
        )
    else:
        unlink_manually(friend.linkage, person().member.email)
        flash(_("Unlinked. HubSpot's LINE properties are being cleared."))
    return redirect(url_for("friends.friend", friend_id=friend_id))


def mark_of(linkage: Linkage) -> str:
    """Return a mark of the linkage that the page showed; SQLite gives a row's id to a later one."""
    return fingerprint([linkage.id, linkage.contact_row_id, linkage.linked_at])
