"""Conflicts: requests to link a friend and a contact, beside the linkage that was in the way."""

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.text.row_ids import row_id
from plugin.models.base import db
from plugin.models.people.conflict import Conflict
from plugin.models.people.visitor_hint import VisitorHint
from plugin.services.linkage.conflicts import keep_as_is, move_link
from plugin.web.friends.blueprint import blueprint
from plugin.web.layout import page
from plugin.web.owned import record_url
from plugin.web.session import person, tenant

PAGE, LATELY = 25, 10


@blueprint.get("/conflicts")
def conflicts() -> str:
    """List the open conflicts, oldest first, and the last decisions."""
    after = row_id(request.args.get("after", "")) or 0
    waiting = Conflict.owned(tenant()).where(Conflict.id > after).order_by(Conflict.id)
    rows = list(db.session.scalars(waiting.limit(PAGE + 1)))
    decided = Conflict.owned(tenant(), decided=True).order_by(Conflict.decided_at.desc())
    return page(
        "friends/conflicts.html",
        "people",
        conflicts=rows[:PAGE],
        more=url_for("friends.conflicts", after=rows[PAGE - 1].id) if len(rows) > PAGE else "",
        suggested=VisitorHint.of_friends(conflict.friend_id for conflict in rows),
        waiting=Conflict.count_open(tenant()),
        decided=list(db.session.scalars(decided.limit(LATELY))),
        record_url=record_url,
        standing=standing,
    )


@blueprint.post("/conflicts/<row_id:conflict_id>/keep")
def keep_conflict(conflict_id: int) -> Response:
    conflict = _own_conflict(conflict_id)
    if not _is_as_shown(conflict):
        return _look_again()
    kept = keep_as_is(conflict, person().member.email)
    flash(_("Kept as it is.") if kept else _("Somebody decided this conflict already."))
    return redirect(url_for("friends.conflicts"))


@blueprint.post("/conflicts/<row_id:conflict_id>/move")
def move_conflict(conflict_id: int) -> Response:
    conflict = _own_conflict(conflict_id)
    if not _is_as_shown(conflict):
        return _look_again()
    moved = move_link(conflict, person().member.email)
    flash(
        _("Moved. HubSpot's LINE properties are being rewritten.")
        if moved
        else _("Somebody decided this conflict already, or the contact is gone from HubSpot.")
    )
    return redirect(url_for("friends.conflicts"))


def standing(conflict: Conflict) -> str:
    """Return a mark of the linkage that was in the way when the form was loaded."""
    ends = (conflict.standing_friend_id, conflict.standing_contact_row_id)
    return "-".join([conflict.decision, *map(str, ends)])


def _is_as_shown(conflict: Conflict) -> bool:
    """Whether the same linkage is in the way as when the page was loaded."""
    return request.form.get("standing") in (None, standing(conflict))


def _look_again() -> Response:
    flash(_("Another link is in the way by now. Nothing was done; look again."), "bad")
    return redirect(url_for("friends.conflicts"))


def _own_conflict(conflict_id: int) -> Conflict:
    return Conflict.find_owned(tenant(), conflict_id) or abort(404)
