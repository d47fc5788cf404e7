"""Friends: the list, and the page of each friend with contact, history and timeline."""

from flask import flash, redirect, request, url_for
from flask_babel import get_locale, lazy_gettext
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.overwrites import fingerprint
from plugin.models.audience.checked_rule import RuleError
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.conflict import Conflict
from plugin.models.people.friend import Friend
from plugin.models.people.friend_search import count_friends
from plugin.models.people.linkage import Linkage
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.models.people.tag import Tag
from plugin.models.people.visitor_hint import VisitorHint
from plugin.services.friends.bulk_tags import count_matching
from plugin.services.linkage.link import unlink_manually
from plugin.services.linkage.undo import newest_linking
from plugin.services.sync.synced_words import kept_lists, kept_values
from plugin.web.friends.blueprint import blueprint
from plugin.web.friends.filter import STATUSES, FriendQuery, page_of_friends, segment_choices
from plugin.web.friends.timeline import timeline_of
from plugin.web.language import in_words
from plugin.web.layout import page
from plugin.web.owned import own_friend, record_url
from plugin.web.session import person, tenant

KINDS = {
    "": lazy_gettext("All"),
    "messages": lazy_gettext("Messages"),
    "broadcasts": lazy_gettext("Broadcasts"),
    "links": lazy_gettext("Links and scans"),
    "lists": lazy_gettext("Lists"),
    "status": lazy_gettext("Follows and blocks"),
}


@blueprint.get("/friends")
def people() -> str:
    query = FriendQuery.of(request.args)
    friends: list[Friend] = []
    broken, after, fitting = "", 0, 0
    try:
        friends, after = page_of_friends(tenant(), query)
        fitting = count_matching(tenant(), query.filter) if query.narrows else 0
    except RuleError as error:
        broken = " ".join(in_words(fault.message) for fault in error.faults)
    return page(
        "friends/list.html",
        "people",
        query=query,
        friends=friends,
        older=url_for("friends.people", **query.words(), before=after) if after else "",
        newest=url_for("friends.people", **query.words()) if query.before else "",
        counts=count_friends(tenant()),
        fitting=fitting,
        broken=broken,
        segments=segment_choices(tenant()),
        waiting=Conflict.count_open(tenant()),
        accounts=OfficialAccount.list_owned(tenant()),
        statuses=STATUSES,
        tags=db.session.scalars(Tag.owned(tenant())).all(),
        record_url=record_url,
    )


@blueprint.get("/friends/<row_id:friend_id>")
def friend(friend_id: int) -> str:
    friend, kind = own_friend(friend_id), request.args.get("kind", "")
    contact = friend.linkage.contact if friend.linkage is not None else None
    zone = person().installation.time_zone
    return page(
        "friends/one.html",
        "people",
        friend=friend,
        history=HistoryEntry.of_friend(friend),
        undoable=newest_linking(friend),
        mark_of=mark_of,
        values=kept_values(contact, zone, str(get_locale())) if contact else [],
        lists=[row for row in kept_lists(contact) if row[0].left_at is None] if contact else [],
        timeline=timeline_of(friend, kind),
        kinds=KINDS,
        kind=kind if kind in KINDS else "",
        suggested=VisitorHint.of_friends([friend.id]).get(friend.id),
        record_url=record_url,
    )


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
