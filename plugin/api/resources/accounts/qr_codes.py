"""QR codes: create, read, fetch as pictures, archive."""

from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from plugin.api.access import tenant
from plugin.api.fields import Computed, Id, Moment, PlainText
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.resource import PREFIX, Resource, own, owned_account
from plugin.api.resources.accounts.qr_code_settings import (
    DEFAULTS,
    ChangedChoicesSchema,
    ChoicesSchema,
    GivenChoicesSchema,
    merged,
    refused,
)
from plugin.guards import get_deps
from plugin.models.login_flow.qr_code import QRCode
from plugin.services.qr_codes.codes import (
    LINKAGE_TYPES,
    archive_qr_code,
    change_qr_code,
    create_qr_code,
    linkage_url,
    set_logo,
)
from plugin.services.qr_codes.images import MAX_SCALE, SCALE, Kind, qr_image
from plugin.services.qr_codes.settings import LONGEST_NAME, InvalidChoices, choices_of

blueprint = Resource("qr-codes", "QR codes, through which friends come to be linked")
WITH_KEY = {"description": "Fetch it with an API key, like everything here"}
PICTURE = {"type": "string", "format": "binary"}
EXAMPLE = {"official_account": "1", "name": "Shop counter", "linkage_type": "hubspot"}
CHANGE = {"destination": "https://example.com/thanks", "tags": ["VIP"], "dark": "#003366"}

SHOWN = {
    **DEFAULTS,
    **EXAMPLE,
    "has_logo": False,
    "id": "3",
    "slug": "0aB1cD2eF3gH",
    "linkage_url": "https://musubi.example.com/l/0aB1cD2eF3gH",
    "png_url": "https://musubi.example.com/api/v1/qr-codes/3/png",
    "svg_url": "https://musubi.example.com/api/v1/qr-codes/3/svg",
    "created_at": "2026-11-23T09:30:00.000Z",
}


class QRCodeSchema(ChoicesSchema, ResponseSchema):
    id = Id(required=True)
    official_account = Id(attribute="official_account_id", required=True)
    name = fields.String(required=True)
    linkage_type = fields.String(required=True, validate=validate.OneOf(LINKAGE_TYPES))
    has_logo = fields.Boolean(required=True, metadata={"description": "It is in the pictures"})
    slug = fields.String(required=True)
    linkage_url = Computed(lambda code: linkage_url(get_deps(), code), required=True)
    png_url = Computed(lambda code: _picture_url(code, "png"), required=True, metadata=WITH_KEY)
    svg_url = Computed(lambda code: _picture_url(code, "svg"), required=True, metadata=WITH_KEY)
    created_at = Moment(required=True)


class NewQRCodeSchema(GivenChoicesSchema):
    official_account = Id(required=True)
    name = PlainText(LONGEST_NAME, 1, required=True)
    # hubspot: links friends to contacts; none: only greets them.
    linkage_type = fields.String(required=True, validate=validate.OneOf(LINKAGE_TYPES))


class PictureQuery(Schema):
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
    choices = merged(DEFAULTS, body)
    try:
        code = create_qr_code(account, body["name"], body["linkage_type"], choices)
    except InvalidChoices as error:
        raise refused(error) from error
    if body.get("logo"):
        set_logo(code, body["logo"])
    return code


@blueprint.get("/<code_id>")
@blueprint.response(200, QRCodeSchema)
def get_qr_code(code_id: str) -> QRCode:
    """Look at one QR code"""
    return _code(code_id)


@blueprint.patch("/<code_id>")
@blueprint.arguments(ChangedChoicesSchema, example=CHANGE)
@blueprint.response(200, QRCodeSchema, example={**SHOWN, **CHANGE})
def change_code(body: dict[str, Any], code_id: str) -> QRCode:
    """Change a QR code

    What is left out stays. Its address stays too, so printed copies go on working.
    """
    code = _code(code_id)
    try:
        change_qr_code(code, merged(choices_of(code)._asdict(), body))
    except InvalidChoices as error:
        raise refused(error) from error
    if "logo" in body:
        set_logo(code, body["logo"] or b"")
    return code


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
        qr_image(get_deps(), _code(code_id), "png", query["scale"]), mimetype="image/png"
    )


@blueprint.get("/<code_id>/svg")
@blueprint.arguments(PictureQuery, location="query")
@blueprint.response(200, PICTURE, content_type="image/svg+xml")
def get_svg(query: dict[str, int], code_id: str) -> Response:
    """Fetch a QR code as SVG"""
    image = qr_image(get_deps(), _code(code_id), "svg", query["scale"])
    return Response(image, mimetype="image/svg+xml")


def _code(code_id: str) -> QRCode:
    code: QRCode = own(QRCode, code_id)
    return code


def _picture_url(code: QRCode, kind: Kind) -> str:
    return f"{get_deps().settings.base_url}{PREFIX}/qr-codes/{code.id}/{kind}"
