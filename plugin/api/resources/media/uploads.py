"""Uploads of pictures and videos: whole, or in parts where they are large."""

import io
from collections.abc import Callable
from typing import Any, TypeVar

from flask import request
from marshmallow import Schema, fields, validate

from plugin.api.access import actor, tenant
from plugin.api.fields import Id, PlainText
from plugin.api.paging import ResponseSchema
from plugin.api.problems import Problem
from plugin.api.raw_bodies import raw_body
from plugin.api.resource import or_404
from plugin.api.resources.media.media import KINDS, SHOWN, MediaSchema, blueprint
from plugin.core.text.row_ids import row_id, small_number
from plugin.guards import get_deps
from plugin.models.media.media import UPLOADED, Media
from plugin.models.transaction import close_reads
from plugin.services.media import uploads
from plugin.services.media.refusals import MediaRefused
from plugin.services.media.store import LONGEST_NAME, Upload, keep

T = TypeVar("T")
KIND = {"description": "What it is for; empty: by its content"}


class WholeUploadQuery(Schema):
    name = PlainText(LONGEST_NAME, load_default="")
    kind = fields.String(load_default="", validate=validate.OneOf(("", *KINDS)), metadata=KIND)


class NewUploadSchema(Schema):
    name = PlainText(LONGEST_NAME, load_default="")
    kind = fields.String(load_default="", validate=validate.OneOf(("", *KINDS)), metadata=KIND)
    size = fields.Integer(
        required=True, strict=True, validate=validate.Range(1, 2**31 - 1),
        metadata={"description": "Bytes of the whole file"},
    )  # fmt: skip


class UploadSchema(ResponseSchema):
    id = Id(required=True)
    part_size = fields.Integer(
        required=True, metadata={"description": "Bytes of each part but the last"}
    )
    parts = fields.Integer(required=True)


@blueprint.post("")
@raw_body(uploads.PART_SIZE)
@blueprint.arguments(WholeUploadQuery, location="query")
@blueprint.response(201, MediaSchema, example=SHOWN)
def upload_media(query: dict[str, str]) -> Media:
    """Upload a picture or video of up to 4 MB

    The body is the file itself. Larger files come in parts: `POST media/uploads`.
    """
    upload = Upload(io.BytesIO(_body()), query["name"])
    return _taken(
        lambda: keep(
            get_deps(),
            upload,
            installation_id=tenant().id,
            origin=UPLOADED,
            by=actor(),
            kind=query["kind"],
        )
    )


@blueprint.post("/uploads")
@blueprint.arguments(NewUploadSchema, example={"name": "film.mp4", "size": 25_000_000})
@blueprint.response(201, UploadSchema, example={"id": "15", "part_size": 4_000_000, "parts": 7})
def begin_upload(body: dict[str, Any]) -> dict[str, Any]:
    """Begin an upload in parts; what is not finished within a day is deleted"""
    name, kind = body["name"], body["kind"]
    media = _taken(lambda: uploads.begin(tenant().id, name, body["size"], kind, actor()))
    parts = -(-media.size // uploads.PART_SIZE)
    return {"id": media.id, "part_size": uploads.PART_SIZE, "parts": parts}


@blueprint.put("/uploads/<upload_id>/<number>")
@raw_body(uploads.PART_SIZE)
@blueprint.response(204)
def upload_part(upload_id: str, number: str) -> None:
    """Send one part, counted from 1, as it is in the file; it may be sent again"""
    media, place = _upload(upload_id), or_404(small_number(number))
    data = _body()
    _taken(lambda: uploads.add_part(get_deps(), media, place - 1, data))


@blueprint.post("/uploads/<upload_id>/finish")
@blueprint.response(200, MediaSchema, example=SHOWN)
def finish_upload(upload_id: str) -> Media:
    """Put the parts together; may be repeated"""
    media = _upload(upload_id)
    return _taken(lambda: uploads.finish(get_deps(), media))


@blueprint.delete("/uploads/<upload_id>")
@blueprint.response(204)
def cancel_upload(upload_id: str) -> None:
    """Cancel an upload; a finished one is deleted under `media`"""
    media = _upload(upload_id)
    uploads.cancel(media.installation_id, media.id)


def _body() -> bytes:
    data: bytes = request.get_data(cache=True)
    close_reads()
    return data


def _upload(upload_id: str) -> Media:
    media: Media = or_404(uploads.find_begun(tenant().id, row_id(upload_id) or 0))
    return media


def _taken(step: Callable[[], T]) -> T:
    try:
        return step()
    except MediaRefused as refused:
        words = str(refused.problem)
        raise Problem(422, "invalid", words, errors={"file": [words]}) from refused
