"""Tagging those whom the list of friends shows, all in one go."""

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from plugin.models.base import db
from plugin.models.tag import Tag
from plugin.models.tagging import FINISHED, Tagging
from plugin.services.tag_friend import LONGEST, MOST, InvalidTag, read_tags
from plugin.services.tag_many import begin_tagging, count_found
from plugin.web.blueprint import web
from plugin.web.frame import page
from plugin.web.people_filter import Wish
from plugin.web.signed_in import person, tenant

# So many names are offered while somebody types.
OFFERED = 300
Page = str | Response | tuple[str, int]


@web.route("/friends/tags", methods=["GET", "POST"])
def tag_people() -> Page:
    """Which tags, for those that the filter in the address finds."""
    wish = Wish.of(request.values)
    if request.method == "GET":
        return _form(wish)
    try:
        tags = read_tags(request.form.get("tags", "").replace("\0", ""))
    except InvalidTag:
        return _form(wish, _wrong()), 422
    begun = begin_tagging(
        tenant(),
        wish.filter,
        tags,
        removes=request.form.get("operation") == "remove",
        actor=person().member.email,
    )
    if begun.state != FINISHED:
        return redirect(url_for("web.tagging", tagging_id=begun.id))
    flash(_said(begun))
    return redirect(url_for("web.people", **wish.words()))


@web.get("/friends/tags/<int:tagging_id>")
def tagging(tagging_id: int) -> str:
    """How far it is."""
    mine = Tagging.find_owned(tenant(), tagging_id) or abort(404)
    return page("people/tagging.html", "people", mine=mine, said=_said(mine))


def _form(wish: Wish, error: str = "") -> str:
    return page(
        "people/tags.html",
        "people",
        wish=wish,
        found=count_found(tenant(), wish.filter),
        offered=db.session.scalars(Tag.owned(tenant()).limit(OFFERED)).all(),
        written=request.form.get("tags", ""),
        removes=request.form.get("operation") == "remove",
        error=error,
    )


def _wrong() -> str:
    words: str = _("Write at least one tag, each of %(most)s characters at most.", most=LONGEST)
    return words


def _said(mine: Tagging) -> str:
    """What it came to, in one or two sentences."""
    seen = ngettext("%(num)s friend was looked at", "%(num)s friends were looked at", mine.seen)
    words: str = _("%(seen)s, %(changed)s changed.", seen=seen, changed=f"{mine.changed:,}")
    if not mine.full:
        return words
    full = _("%(full)s have %(most)s tags already.", full=f"{mine.full:,}", most=MOST)
    return f"{words} {full}"
