"""QR codes: make, look at, fetch as pictures, take out of use."""

from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from plugin.api.access import tenant
from plugin.api.fields import Id, Made, Moment, PlainText, row_id
from plugin.api.paging import Answer, Page, PageQuery, list_of, page
from plugin.api.resource import PREFIX, Resource, found, owned_account
from plugin.doorway import outside
from plugin.models.qr_code import QRCode
from plugin.services.qr_codes import (
    LINKAGE_TYPES,
    archive_qr_code,
    create_qr_code,
    linkage_url,
)
from plugin.services.qr_images import MAX_SCALE, SCALE, Kind, qr_image

blueprint = Resource("qr-codes", "QR codes, through which friends come to be linked")
WITH_KEY = {"description": "Fetch it with an API key, like everything here"}
PICTURE = {"type": "string", "format": "binary"}
EXAMPLE = {"official_account": "1", "name": "Shop counter", "linkage_type": "hubspot"}

SHOWN = {
    **EXAMPLE,
    "id": "3",
    "slug": "0aB1cD2eF3gH",
    "linkage_url": "https://musubi.example.com/l/0aB1cD2eF3gH",
    "png_url": "https://musubi.example.com/api/v1/qr-codes/3/png",
    "svg_url": "https://musubi.example.com/api/v1/qr-codes/3/svg",
    "created_at": "2026-11-23T09:30:00.000Z",
}


class QRCodeSchema(Answer):
    """A QR code. The pictures are fetched with the API key, like everything here."""

    id = Id(required=True)
    official_account = Id(attribute="official_account_id", required=True)
    name = fields.String(required=True)
    linkage_type = fields.String(required=True, validate=validate.OneOf(LINKAGE_TYPES))
    slug = fields.String(required=True)
    linkage_url = Made(lambda code: linkage_url(outside(), code), required=True)
    png_url = Made(lambda code: _picture_url(code, "png"), required=True, metadata=WITH_KEY)
    svg_url = Made(lambda code: _picture_url(code, "svg"), required=True, metadata=WITH_KEY)
    created_at = Moment(required=True)


class NewQRCodeSchema(Schema):
    """`linkage_type` hubspot ties who scans to a HubSpot contact; none only welcomes."""

    official_account = Id(required=True)
    name = PlainText(120, 1, required=True)
    linkage_type = fields.String(required=True, validate=validate.OneOf(LINKAGE_TYPES))


class PictureQuery(Schema):
    """How large the picture is."""

    scale = fields.Integer(
        load_default=SCALE,
        validate=validate.Range(1, MAX_SCALE),
        metadata={"description": "Pixels a module"},
    )


@blueprint.get("")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, list_of(QRCodeSchema))
def list_qr_codes(query: dict[str, Any]) -> Page:
    """List the QR codes in use"""
    return page(QRCode.owned(tenant().id), QRCode.id, query)


@blueprint.post("")
@blueprint.arguments(NewQRCodeSchema, example=EXAMPLE)
@blueprint.response(201, QRCodeSchema, example=SHOWN)
def create_code(body: dict[str, Any]) -> QRCode:
    """Create a QR code"""
    account = owned_account(body["official_account"])
    return create_qr_code(account, body["name"], body["linkage_type"])


@blueprint.get("/<code_id>")
@blueprint.response(200, QRCodeSchema)
def get_qr_code(code_id: str) -> QRCode:
    """Look at one QR code"""
    return _code(code_id)


@blueprint.delete("/<code_id>")
@blueprint.response(204)
def archive_code(code_id: str) -> None:
    """Take a QR code out of use

    Its page says from now on that it is over; what it linked stays linked.
    """
    archive_qr_code(_code(code_id))


@blueprint.get("/<code_id>/png")
@blueprint.arguments(PictureQuery, location="query")
@blueprint.response(200, PICTURE, content_type="image/png")
def get_png(query: dict[str, int], code_id: str) -> Response:
    """Fetch a QR code as PNG"""
    return Response(
        qr_image(outside(), _code(code_id), "png", query["scale"]), mimetype="image/png"
    )


@blueprint.get("/<code_id>/svg")
@blueprint.arguments(PictureQuery, location="query")
@blueprint.response(200, PICTURE, content_type="image/svg+xml")
def get_svg(query: dict[str, int], code_id: str) -> Response:
    """Fetch a QR code as SVG"""
    image = qr_image(outside(), _code(code_id), "svg", query["scale"])
    return Response(image, mimetype="image/svg+xml")


def _code(code_id: str) -> QRCode:
    code: QRCode = found(QRCode.find_owned(tenant().id, row_id(code_id) or 0))
    return code


def _picture_url(code: QRCode, kind: Kind) -> str:
    return f"{outside().settings.base_url}{PREFIX}/qr-codes/{code.id}/{kind}"
