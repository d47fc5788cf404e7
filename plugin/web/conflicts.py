"""Conflicts: who was to be linked with whom, beside the link that stood in the way."""

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.models.base import db
from plugin.models.conflict import Conflict
from plugin.models.visitor_hint import VisitorHint
from plugin.services.conflicts import keep_as_is, move_link
from plugin.web.blueprint import web
from plugin.web.frame import page
from plugin.web.people import record_url
from plugin.web.signed_in import person, tenant

PAGE, LATELY = 25, 10


@web.get("/conflicts")
def conflicts() -> str:
    """Those that wait, oldest first, and what was decided last."""
    after = request.args.get("after", 0, int)
    waiting = Conflict.owned(tenant()).where(Conflict.id > after).order_by(Conflict.id)
    some = list(db.session.scalars(waiting.limit(PAGE + 1)))
    over = Conflict.owned(tenant(), decided=True).order_by(Conflict.decided_at.desc())
    return page(
        "people/conflicts.html",
        "people",
        conflicts=some[:PAGE],
        more=url_for("web.conflicts", after=some[PAGE - 1].id) if len(some) > PAGE else "",
        suggested=VisitorHint.of_friends(each.friend_id for each in some),
        waiting=Conflict.count_open(tenant()),
        decided=list(db.session.scalars(over.limit(LATELY))),
        record_url=record_url,
    )


@web.post("/conflicts/<int:conflict_id>/keep")
def keep_conflict(conflict_id: int) -> Response:
    """The link that stands is right."""
    kept = keep_as_is(_own_conflict(conflict_id), person().member.email)
    flash(_("Kept as it is.") if kept else _("Somebody decided this conflict already."))
    return redirect(url_for("web.conflicts"))


@web.post("/conflicts/<int:conflict_id>/move")
def move_conflict(conflict_id: int) -> Response:
    """The new one is right."""
    moved = move_link(_own_conflict(conflict_id), person().member.email)
    flash(
        _("Moved. HubSpot's LINE properties are being rewritten.")
        if moved
        else _("Somebody decided this conflict already, or the contact is gone from HubSpot.")
    )
    return redirect(url_for("web.conflicts"))


def _own_conflict(conflict_id: int) -> Conflict:
    return Conflict.find_owned(tenant(), conflict_id) or abort(404)
