"""Linkage tokens: a personal link for one contact, and links taken back."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from plugin.api.access import tenant
from plugin.api.fields import Id, Moment, row_id
from plugin.api.paging import Answer, Page, PageQuery, list_of, page
from plugin.api.problems import invalid
from plugin.api.resource import Resource, found
from plugin.doorway import outside
from plugin.models.list_preparation import ListPreparation
from plugin.models.people import Contact
from plugin.models.qr_code import LinkageToken, QRCode, rows_of
from plugin.services.give_link import give_link
from plugin.services.linkage_tokens import DEFAULT_DAYS, MAX_DAYS
from plugin.services.revoke_links import (
    revoke_link,
    revoke_of_code,
    revoke_of_contact,
    revoke_of_preparation,
)

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
TOLD = (
    "id", "contact", "qr_code_id", "preparation_id", "created_at", "expires_at", "used_at",
    "revoked_at",
)  # fmt: skip
WAYS = ("contact_id", "qr_code", "list_preparation")


class LinkageTokenSchema(Answer):
    """A personal link. Where it leads is told once, when it is made."""

    id = Id(required=True)
    contact_id = Id(attribute="contact.contact_id", required=True)
    qr_code = Id(attribute="qr_code_id", required=True)
    list_preparation = Id(attribute="preparation_id", required=True, allow_none=True)
    created_at = Moment(required=True)
    expires_at = Moment(required=True)
    used_at = Moment(required=True, allow_none=True)
    revoked_at = Moment(required=True, allow_none=True)


class GivenTokenSchema(LinkageTokenSchema):
    """A personal link with the address to put in a message to this contact, and to nobody else."""

    url = fields.String(required=True)


class NewTokenSchema(Schema):
    """For whom, and to which QR code's page."""

    contact_id = Id(required=True)
    qr_code = Id(required=True)
    valid_days = fields.Integer(
        load_default=DEFAULT_DAYS, validate=validate.Range(1, MAX_DAYS), strict=True
    )


class RevokeSchema(Schema):
    """Whose links: of a contact, of a QR code, or those that a list preparation made."""

    contact_id = Id()
    qr_code = Id()
    list_preparation = Id()

    @validates_schema
    def one_of_them(self, data: dict[str, Any], **_: Any) -> None:
        """All of everything must not be one slip away."""
        if len(data) != 1:
            raise ValidationError(f"Name exactly one of {', '.join(WAYS)}.")


class RevokedSchema(Answer):
    """How many links were good until now."""

    revoked = fields.Integer(required=True)


class TokenQuery(PageQuery):
    """Filters; absent: all."""

    contact_id = Id(load_default=None)
    qr_code = Id(load_default=None)


@blueprint.get("")
@blueprint.arguments(TokenQuery, location="query")
@blueprint.response(200, list_of(LinkageTokenSchema))
def list_tokens(query: dict[str, Any]) -> Page:
    """List personal links, newest first"""
    mine = LinkageToken.owned(tenant().id)
    if query["contact_id"] is not None:
        contact = Contact.of_portal(tenant().id, query["contact_id"])
        mine = mine.where(LinkageToken.contact_row_id.in_(rows_of(contact) if contact else ()))
    if query["qr_code"] is not None:
        mine = mine.where(LinkageToken.qr_code_id == query["qr_code"])
    return page(mine, LinkageToken.id, query, newest_first=True)


@blueprint.post("")
@blueprint.arguments(NewTokenSchema, example=EXAMPLE)
@blueprint.response(201, GivenTokenSchema, example=SHOWN)
def create_token(body: dict[str, Any]) -> dict[str, Any]:
    """Give a contact a personal link

    It is written to the contact's LINE properties as well, soon afterwards.
    """
    code = found(QRCode.find_owned(tenant().id, body["qr_code"]))
    if not code.takes_links:
        raise invalid("qr_code", "This QR code takes no personal links. Choose one that does.")
    given = give_link(outside(), code, body["contact_id"], body["valid_days"])
    if given is None:
        raise invalid("contact_id", "HubSpot has no contact with this id.")
    return {**{name: getattr(given.token, name) for name in TOLD}, "url": given.url}


@blueprint.post("/revoke")
@blueprint.arguments(RevokeSchema, example={"qr_code": "3"})
@blueprint.response(200, RevokedSchema, example={"revoked": 120})
def revoke_tokens(body: dict[str, Any]) -> dict[str, int]:
    """Take many personal links back

    They stop working at once; their HubSpot properties are cleared soon afterwards. Links that
    were used made ties already, and those stay.
    """
    mine = tenant().id
    if "contact_id" in body:
        return {"revoked": revoke_of_contact(found(Contact.of_portal(mine, body["contact_id"])))}
    if "qr_code" in body:
        return {"revoked": revoke_of_code(found(QRCode.find_owned(mine, body["qr_code"])))}
    wanted = ListPreparation.find_owned(mine, body["list_preparation"])
    return {"revoked": revoke_of_preparation(found(wanted))}


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


def _token(token_id: str) -> LinkageToken:
    token: LinkageToken = found(LinkageToken.find_owned(tenant().id, row_id(token_id) or 0))
    return token
