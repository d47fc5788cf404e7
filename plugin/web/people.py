"""Friends: both halves of a person and the tie between them."""

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.doorway import outside
from plugin.models.base import db
from plugin.models.conflict import Conflict
from plugin.models.friend_search import count_friends
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Friend, LedgerEntry
from plugin.models.tag import Tag
from plugin.models.visitor_hint import VisitorHint
from plugin.services.link_friend import untie_by_hand
from plugin.services.undo import newest_tying
from plugin.web.blueprint import web
from plugin.web.frame import page
from plugin.web.friend_timeline import timeline_of
from plugin.web.people_filter import STATUSES, Wish, page_of_friends
from plugin.web.signed_in import person, tenant


@web.get("/friends")
def people() -> str:
    """Fifty friends a page, newest first, narrowed by what the address says."""
    wish = Wish.of(request.args)
    friends, after = page_of_friends(tenant(), wish)
    return page(
        "people/list.html",
        "people",
        wish=wish,
        friends=friends,
        older=url_for("web.people", **wish.words(), before=after) if after else "",
        newest=url_for("web.people", **wish.words()) if wish.before else "",
        counts=count_friends(tenant()),
        waiting=Conflict.count_open(tenant()),
        accounts=OfficialAccount.list_owned(tenant()),
        statuses=STATUSES,
        tags=db.session.scalars(Tag.owned(tenant())).all(),
        record_url=record_url,
    )


@web.get("/friends/<int:friend_id>")
def friend(friend_id: int) -> str:
    """One person: LINE on one side, HubSpot on the other, their history below."""
    mine = own_friend(friend_id)
    return page(
        "people/one.html",
        "people",
        friend=mine,
        history=LedgerEntry.of_friend(mine),
        undoable=newest_tying(mine),
        timeline=timeline_of(mine),
        suggested=VisitorHint.of_friends([mine.id]).get(mine.id),
        record_url=record_url,
    )


@web.post("/friends/<int:friend_id>/unlink")
def unlink(friend_id: int) -> Response:
    """Untie; both halves stay, and the ledger says who did it."""
    mine = own_friend(friend_id)
    if mine.linkage is None:
        flash(_("This friend was not linked any more."))
    else:
        untie_by_hand(mine.linkage, person().member.email)
        flash(_("Unlinked. HubSpot's LINE properties are being cleared."))
    return redirect(url_for("web.friend", friend_id=friend_id))


def own_friend(friend_id: int) -> Friend:
    """The friend of this tenant, or 404."""
    return Friend.find_owned(tenant(), friend_id) or abort(404)


def record_url(contact_id: int) -> str:
    """The contact's page in HubSpot."""
    scheme = outside().settings.hubspot_authorize_base.partition(":")[0]
    return person().installation.record_url(scheme, contact_id)
