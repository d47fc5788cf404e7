"""The library of uploaded pictures and videos: list, one of them, and what deleting it breaks."""

from typing import NamedTuple

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.text.row_ids import row_id
from plugin.guards import get_deps
from plugin.models.media.media import IMAGE, IMAGEMAP, UPLOADED, VIDEO, Media
from plugin.services.media.store import discard, public_url
from plugin.services.media.usage import usage_of_media
from plugin.web.bodies import LARGEST_IN_FORM
from plugin.web.layout import page
from plugin.web.media.blueprint import blueprint
from plugin.web.media.uploads import facts, thumbnail_url
from plugin.web.media.words import KINDS, describe
from plugin.web.newest import newest
from plugin.web.session import tenant

PAGE = 24
FILTERS = (IMAGE, VIDEO, IMAGEMAP)


class Shelf(NamedTuple):
    rows: list[Media]
    # The id from which older ones go on; 0: no more.
    older: int


@blueprint.get("/media")
def library() -> str:
    """List what was uploaded, newest first, by kind and name."""
    kind, q = request.args.get("kind", ""), request.args.get("q", "").strip()[:100]
    shelf = _shelf(kind if kind in FILTERS else "", q)
    return page(
        "media/library.html",
        "templates",
        shelf=shelf,
        kinds={name: KINDS[name] for name in FILTERS},
        kind=kind,
        q=q,
        words=KINDS,
        describe=describe,
        thumbnail=thumbnail_url,
        narrowed=bool(kind or q or request.args.get("before")),
        largest_in_form=LARGEST_IN_FORM,
    )


@blueprint.get("/media/pick")
def pick() -> str:
    """Return only the choices of one kind, for the editor's window."""
    kind = request.args.get("kind", "")
    shelf = _shelf(kind if kind in FILTERS else IMAGE, request.args.get("q", "").strip()[:100])
    return render_template("media/pick.html", shelf=shelf, facts=facts)


@blueprint.get("/media/<row_id:media_id>")
def show(media_id: int) -> str:
    media = own_media(media_id)
    return page(
        "media/show.html",
        "templates",
        media=media,
        url=public_url(get_deps().settings, media, "" if media.kind == IMAGEMAP else "original"),
        kind=KINDS[media.kind],
        said=describe(media),
        thumbnail=thumbnail_url(media),
        uses=usage_of_media(media),
    )


@blueprint.post("/media/<row_id:media_id>/delete")
def delete_media(media_id: int) -> Response:
    media = own_media(media_id)
    discard(media)
    flash(_("“%(name)s” is deleted.", name=media.name))
    return redirect(url_for("media.library"))


def own_media(media_id: int) -> Media:
    media = Media.find_owned(tenant(), media_id)
    return media if media is not None and media.origin == UPLOADED else abort(404)


def _shelf(kind: str, q: str) -> Shelf:
    statement = Media.owned(tenant()).where(Media.origin == UPLOADED)
    if kind:
        statement = statement.where(Media.kind == kind)
    if q:
        statement = statement.where(Media.name.icontains(q, autoescape=True))
    before = row_id(request.args.get("before", "")) or 0
    return Shelf(*newest(statement, Media.id, before, PAGE))
