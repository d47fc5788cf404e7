"""A new broadcast: its name and its Official Account; and a copy of an old one."""

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.models.audience.segment import Segment
from plugin.models.broadcasts.broadcast import SEGMENT, Broadcast
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.broadcasts.drafts import (
    LONGEST_NAME,
    archive,
    create_draft,
    duplicate,
)
from plugin.web.broadcasts.blueprint import blueprint
from plugin.web.broadcasts.segment_names import segment_name
from plugin.web.broadcasts.steps.drafts import Page, own_broadcast
from plugin.web.broadcasts.steps.typed import Typed
from plugin.web.chosen_account import chosen_choice
from plugin.web.layout import page
from plugin.web.owned import own_account, row_id
from plugin.web.session import person, tenant


@blueprint.route("/broadcasts/new", methods=["GET", "POST"])
def new_broadcast() -> Page:
    """Begin a draft; with `?segment=` it goes to that segment."""
    accounts = OfficialAccount.list_owned(tenant())
    if not accounts:
        return redirect(url_for("broadcasts.broadcasts"))
    typed = Typed(request.form)
    segment = _segment(request.values.get("segment", ""))
    if request.method == "POST":
        name = named(typed)
        if not typed.errors:
            broadcast = _create(name, segment)
            return redirect(url_for("broadcasts.who", broadcast_id=broadcast.id))
    account = chosen_choice()
    html = page(
        "broadcasts/new.html",
        "broadcasts",
        accounts=accounts,
        segment=segment,
        segment_name=segment_name,
        values={"account": str(account.id) if account else "", **typed.values},
        errors=typed.errors,
    )
    return (html, 422) if typed.errors else html


def named(typed: Typed) -> str:
    """Return the name, with an error where there is none or it is too long."""
    name = typed.text("name", LONGEST_NAME)
    if not name:
        typed.refuse("name", _("Give the broadcast a name. Only your team sees it."))
    return name


@blueprint.post("/broadcasts/<row_id:broadcast_id>/duplicate")
def duplicate_broadcast(broadcast_id: int) -> Response:
    broadcast = own_broadcast(broadcast_id)
    name = _("Copy of %(name)s", name=broadcast.name)[:LONGEST_NAME]
    copy = duplicate(broadcast, name, person().member.email)
    flash(_("This is the copy. The first one is unchanged."))
    return redirect(url_for("broadcasts.who", broadcast_id=copy.id))


@blueprint.post("/broadcasts/<row_id:broadcast_id>/archive")
def archive_broadcast(broadcast_id: int) -> Response:
    broadcast = own_broadcast(broadcast_id)
    archive(broadcast)
    flash(_("%(name)s is archived.", name=broadcast.name))
    return redirect(url_for("broadcasts.broadcasts"))


def _segment(text: str) -> Segment | None:
    segment_id = row_id(text)
    return Segment.find_owned(tenant(), segment_id) if segment_id else None


def _create(name: str, segment: Segment | None) -> Broadcast:
    by = person().member.email
    if segment is None:
        return create_draft(own_account(row_id(request.form.get("account", ""))), name, by)
    chosen = {"audience": SEGMENT, "segment_id": segment.id}
    return create_draft(segment.official_account, name, by, chosen)
