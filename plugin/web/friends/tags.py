"""Bulk tagging of the friends that the list shows."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from plugin.models.base import db
from plugin.models.people.friend_search import count_matching
from plugin.models.people.tag import Tag
from plugin.models.people.tagging import FINISHED, Tagging
from plugin.services.friends.bulk_tags import begin_tagging
from plugin.services.friends.tags import MAX_TAG_LENGTH, MAX_TAGS, InvalidTag, read_tags
from plugin.web.friends.blueprint import blueprint
from plugin.web.friends.filter import FriendQuery, counted, needs_people
from plugin.web.layout import page
from plugin.web.segments.uses import uses_of_tags
from plugin.web.session import person, tenant

# Tags in a list of suggestions, the most used first; who types sees others.
OFFERED = 30
Page = str | Response | tuple[str, int]


@blueprint.route("/friends/tags", methods=["GET", "POST"])
@needs_people
def tag_people() -> Page:
    query = FriendQuery.of(request.values)
    if request.method == "GET":
        return _form(query)
    try:
        tags = read_tags(request.form.get("tags", "").replace("\0", ""))
    except InvalidTag:
        return _form(query, invalid_tags()), 422
    tagging = begin_tagging(
        tenant(),
        query.filter,
        tags,
        removes=request.form.get("operation") == "remove",
        actor=person().member.email,
    )
    if tagging.state != FINISHED:
        return redirect(url_for("friends.tagging", tagging_id=tagging.id))
    flash(_summary(tagging))
    return redirect(url_for("friends.people", **query.place()))


@blueprint.get("/friends/tags/known")
def known_tags() -> str:
    """Return the options of a list of suggestions."""
    q = " ".join(request.args.get("q", "").replace("\0", "").split())[:MAX_TAG_LENGTH]
    return page("friends/known_tags.html", offered=offered_tags(q))


@blueprint.get("/friends/tags/<row_id:tagging_id>")
def tagging(tagging_id: int) -> str:
    tagging = Tagging.find_owned(tenant(), tagging_id) or abort(404)
    return page("friends/tagging.html", "people", tagging=tagging, summary=_summary(tagging))


def _form(query: FriendQuery, error: str = "") -> str:
    found = count_matching(tenant(), query.filter)
    return page(
        "friends/tags.html",
        "people",
        query=query,
        found=found.number,
        shown=counted(found),
        offered=offered_tags(),
        written=request.form.get("tags", ""),
        uses=uses_of_tags(tenant()),
        removes=request.form.get("operation") == "remove",
        error=error,
    )


def offered_tags(search: str = "") -> Sequence[Tag]:
    """Return the tags that are suggested, the most used first."""
    return db.session.scalars(Tag.most_used(tenant(), search).limit(OFFERED)).all()


class TagMenu(NamedTuple):
    """Tags to filter by, the most used first. `goes_on`: there are more than these, which are
    typed."""

    offered: Sequence[Tag]
    goes_on: bool

    @property
    def names(self) -> list[str]:
        return [tag.name for tag in self.offered]


def tag_menu() -> TagMenu:
    found = db.session.scalars(Tag.most_used(tenant()).limit(OFFERED + 1)).all()
    return TagMenu(found[:OFFERED], goes_on=len(found) > OFFERED)


def invalid_tags() -> str:
    words: str = _(
        "Write at least one tag, each of %(most)s characters at most.", most=MAX_TAG_LENGTH
    )
    return words


def _summary(tagging: Tagging) -> str:
    seen = ngettext("%(num)s friend was looked at", "%(num)s friends were looked at", tagging.seen)
    words: str = _("%(seen)s, %(changed)s changed.", seen=seen, changed=f"{tagging.changed:,}")
    if not tagging.full:
        return words
    full = _("%(full)s have %(most)s tags already.", full=f"{tagging.full:,}", most=MAX_TAGS)
    return f"{words} {full}"
