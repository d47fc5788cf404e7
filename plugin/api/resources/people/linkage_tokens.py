"""Linkage tokens: personal links for one contact, and their revocation."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from plugin.api.access import tenant
from plugin.api.fields import Id, Moment
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.problems import invalid
from plugin.api.resource import Resource, or_404, own, own_in_body
from plugin.guards import get_deps
from plugin.models.imports.list_preparation import ListPreparation
from plugin.models.login_flow.linkage_token import LinkageToken, rows_of
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.contact import Contact
from plugin.services.personal_links.issue import IssuedLink, issue_link, preview_link
from plugin.services.personal_links.revoke import (
    revoke_link,
    revoke_of_code,
    revoke_of_contact,
    revoke_of_preparation,
)
from plugin.services.personal_links.tokens import DEFAULT_DAYS, MAX_DAYS

blueprint = Resource("linkage-tokens", "Personal links, by which contacts come to be linked")
EXAMPLE = {"contact_id": "150000000001", "qr_code": "3", "valid_days": 30}
SHOWN = {
    "id": "12",
    "contact_id": "150000000001",
    "qr_code": "3",
    "list_preparation": None,
    "created_at": "2026-11-23T09:30:00.000Z",
    "expires_at": "2026-12-23T09:30:00.000Z",
    "used_at": None,
    "revoked_at": None,
    "url": "https://musubi.example.com/l/0aB1cD2eF3gH?t=Zm9yIHNob3csIG5vdCBhIHJlYWwgdG9rZW4gb2YgbXVzdW",
}
TOKEN_FIELDS = (
    "id", "contact", "qr_code_id", "preparation_id", "created_at", "expires_at", "used_at",
    "revoked_at",
)  # fmt: skip
SCOPES = ("contact_id", "qr_code", "list_preparation")


class LinkageTokenSchema(ResponseSchema):
    id = Id(required=True)
    contact_id = Id(attribute="contact.contact_id", required=True)
    qr_code = Id(attribute="qr_code_id", required=True)
    list_preparation = Id(attribute="preparation_id", required=True, allow_none=True)
    created_at = Moment(required=True)
    expires_at = Moment(required=True)
    used_at = Moment(required=True, allow_none=True)
    revoked_at = Moment(required=True, allow_none=True)


class GivenTokenSchema(LinkageTokenSchema):
    url = fields.String(required=True)  # shown once; for a message to this contact only


class NewTokenSchema(Schema):
    contact_id = Id(required=True)
    qr_code = Id(required=True)
    valid_days = fields.Integer(
        load_default=DEFAULT_DAYS, validate=validate.Range(1, MAX_DAYS), strict=True
    )


class PreviewedTokenSchema(Schema):
    contact_id = Id(required=True)
    qr_code = Id(required=True)


class RevokeSchema(Schema):
    contact_id = Id()
    qr_code = Id()
    list_preparation = Id()

    @validates_schema
    def one_of_them(self, data: dict[str, Any], **_: Any) -> None:
        # Revoking everything must not be one slip away.
        if len(data) != 1:
            raise ValidationError(f"Name exactly one of {', '.join(SCOPES)}.")


class RevokedSchema(ResponseSchema):
    revoked = fields.Integer(required=True)  # links that were valid until now


class TokenQuery(PageQuery):
    contact_id = Id(load_default=None)
    qr_code = Id(load_default=None)


@blueprint.get("")
@blueprint.arguments(TokenQuery, location="query")
@blueprint.response(200, list_of(LinkageTokenSchema))
def list_tokens(query: dict[str, Any]) -> Page:
    """List personal links, newest first"""
    rows = LinkageToken.owned(tenant().id)
    if query["contact_id"] is not None:
        contact = Contact.of_portal(tenant().id, query["contact_id"])
        rows = rows.where(LinkageToken.contact_row_id.in_(rows_of(contact) if contact else ()))
    if query["qr_code"] is not None:
        rows = rows.where(LinkageToken.qr_code_id == query["qr_code"])
    return page(rows, LinkageToken.id, query, newest_first=True)


@blueprint.post("")
@blueprint.arguments(NewTokenSchema, example=EXAMPLE)
@blueprint.response(201, GivenTokenSchema, example=SHOWN)
def create_token(body: dict[str, Any]) -> dict[str, Any]:
    """Give a contact a personal link

    It is written to the contact's LINE properties as well, soon afterwards.
    """
    code = or_404(QRCode.find_owned(tenant().id, body["qr_code"]))
    if not code.takes_links:
        raise invalid("qr_code", "This QR code takes no personal links. Choose one that does.")
    issued = issue_link(get_deps(), code, body["contact_id"], body["valid_days"])
    if issued is None:
        raise invalid("contact_id", "HubSpot has no contact with this id.")
    return _given(issued)


@blueprint.post("/preview")
@blueprint.arguments(PreviewedTokenSchema, example={"contact_id": "150000000001", "qr_code": "3"})
@blueprint.response(201, GivenTokenSchema, example=SHOWN)
def preview_token(body: dict[str, int]) -> dict[str, Any]:
    """Make a link that shows a contact's pages for a day, and links nobody

    HubSpot does not get it. The contact is one that was given a link, or was linked, before.
    """
    code = own_in_body(QRCode, body["qr_code"], "qr_code")
    contact = Contact.of_portal(tenant().id, body["contact_id"])
    if contact is None:
        raise invalid("contact_id", "Musubi does not know this contact yet. Give it a link first.")
    return _given(preview_link(get_deps(), code, contact))


@blueprint.post("/revoke")
@blueprint.arguments(RevokeSchema, example={"qr_code": "3"})
@blueprint.response(200, RevokedSchema, example={"revoked": 120})
def revoke_tokens(body: dict[str, Any]) -> dict[str, int]:
    """Take many personal links back

    They stop working at once; their HubSpot properties are cleared soon afterwards. Friends who
    used one stay linked.
    """
    owner = tenant().id
    if "contact_id" in body:
        return {"revoked": revoke_of_contact(or_404(Contact.of_portal(owner, body["contact_id"])))}
    if "qr_code" in body:
        return {"revoked": revoke_of_code(or_404(QRCode.find_owned(owner, body["qr_code"])))}
    preparation = ListPreparation.find_owned(owner, body["list_preparation"])
    return {"revoked": revoke_of_preparation(or_404(preparation))}


@blueprint.get("/<token_id>")
@blueprint.response(200, LinkageTokenSchema)
def get_token(token_id: str) -> LinkageToken:
    """Look at one personal link"""
    return _token(token_id)


@blueprint.delete("/<token_id>")
@blueprint.response(204)
def revoke_token(token_id: str) -> None:
    """Take a personal link back"""
    revoke_link(_token(token_id))


def _given(issued: IssuedLink) -> dict[str, Any]:
    return {**{name: getattr(issued.token, name) for name in TOKEN_FIELDS}, "url": issued.url}


def _token(token_id: str) -> LinkageToken:
    token: LinkageToken = own(LinkageToken, token_id)
    return token
