"""Pictures and videos that a team uploads for messages: listed, looked at, deleted."""

from typing import Any

from marshmallow import fields, validate

from plugin.api.access import tenant
from plugin.api.fields import Computed, Id, Moment, PlainText
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.resource import Resource, or_404
from plugin.core.text.row_ids import row_id
from plugin.guards import get_deps
from plugin.models.base import db
from plugin.models.media.media import ICON, IMAGE, IMAGEMAP, UPLOADED, VIDEO, Media
from plugin.services.media.store import discard, facts_of, public_url
from plugin.services.media.usage import usage_of_media
from plugin.services.media.variants import ORIGINAL, PREVIEW

blueprint = Resource("media", "Uploaded pictures and videos, for messages")
KINDS = (IMAGE, VIDEO, IMAGEMAP, ICON)
SHOWN = {
    "id": "14", "kind": "image", "name": "spring.jpg", "content_type": "image/jpeg",
    "size": 48213, "width": 1024, "height": 683,
    "url": "https://musubi.example.com/media/0123456789abcdef0123456789abcdef01234567/original",
    "preview_url": "https://musubi.example.com/media/0123456789abcdef0123456789abcdef01234567/"
                   "preview",
    "created_by": "anna@example.com", "created_at": "2026-11-28T09:30:00.000Z",
}  # fmt: skip


def _url(media: Media) -> str:
    return public_url(get_deps().settings, media, "" if media.kind == IMAGEMAP else ORIGINAL)


def _preview_url(media: Media) -> str:
    return public_url(get_deps().settings, media, PREVIEW) if facts_of(media, PREVIEW) else ""


class MediaSchema(ResponseSchema):
    id = Id(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    name = fields.String(required=True)
    content_type = fields.String(required=True)
    size = fields.Integer(required=True)
    width = fields.Integer(required=True, allow_none=True)
    height = fields.Integer(required=True, allow_none=True)
    url = Computed(
        _url,
        required=True,
        metadata={"description": "For messages; of an imagemap its `baseUrl`"},
    )
    preview_url = Computed(_preview_url, required=True)
    created_by = fields.String(required=True)
    created_at = Moment(required=True)


class MediaUsageSchema(ResponseSchema):
    templates = fields.List(Id(), required=True)
    broadcasts = fields.List(Id(), required=True)
    canned_answers = fields.List(Id(), required=True)
    conversations = fields.List(Id(), required=True)


class WholeMediaSchema(MediaSchema):
    used_by = fields.Method("_used_by", required=True)

    def _used_by(self, media: Media) -> dict[str, list[str]]:
        usage = usage_of_media(media)
        return {
            "templates": [str(row.id) for row in usage.templates],
            "broadcasts": [str(row.id) for row in usage.broadcasts],
            "canned_answers": [str(row.id) for row in usage.answers],
            "conversations": [str(row.id) for row in usage.conversations],
        }


class MediaQuery(PageQuery):
    kind = fields.String(load_default="", validate=validate.OneOf(("", *KINDS)))
    q = PlainText(100, load_default="", metadata={"description": "A part of the name"})


@blueprint.get("")
@blueprint.arguments(MediaQuery, location="query")
@blueprint.response(200, list_of(MediaSchema))
def list_media(query: dict[str, Any]) -> Page:
    """List what was uploaded, the newest first"""
    rows = Media.owned(tenant().id).where(Media.origin == UPLOADED)
    if query["kind"]:
        rows = rows.where(Media.kind == query["kind"])
    if query["q"]:
        rows = rows.where(Media.name.icontains(query["q"], autoescape=True))
    return page(rows, Media.id, query, newest_first=True)


@blueprint.get("/<media_id>")
@blueprint.response(200, WholeMediaSchema)
def get_media(media_id: str) -> Media:
    """Look at one picture or video, and at what uses it"""
    return _media(media_id)


@blueprint.delete("/<media_id>")
@blueprint.response(204)
def delete_media(media_id: str) -> None:
    """Delete a picture or video

    Messages that show it show an empty place from then on; `used_by` names them.
    """
    discard(_media(media_id))


def _media(media_id: str) -> Media:
    rows = Media.owned(tenant().id).where(Media.origin == UPLOADED)
    media: Media = or_404(db.session.scalar(rows.where(Media.id == (row_id(media_id) or 0))))
    return media
