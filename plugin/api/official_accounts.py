"""LINE Official Accounts: connect, look at, check, take out of use."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from plugin.api.access import tenant
from plugin.api.fields import Id, Made, Moment, PlainText, row_id, web_address
from plugin.api.paging import Answer, Page, PageQuery, list_of, page
from plugin.api.problems import Problem
from plugin.api.resource import Resource, found
from plugin.doorway import outside
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.official_account import OfficialAccount
from plugin.services.connect_account import (
    ChannelValues,
    archive_account,
    check_account,
    connect_account,
    webhook_url,
)

blueprint = Resource("official-accounts", "LINE Official Accounts of this Installation")
DIGITS = validate.Regexp(r"[0-9]+\Z", error="Must be digits only.")
DIGITS_OR_NOTHING = validate.Regexp(r"[0-9]*\Z", error="Must be digits only.")
WORD = validate.Regexp(r"\S*\Z", error="Must not contain blanks.")
REFUSED = "LINE does not accept this channel ID and secret together."
EXAMPLE = {
    "channel_id": "2000000001",
    "channel_secret": "0123456789abcdef0123456789abcdef",
    "login_channel_id": "2000000002",
    "login_channel_secret": "fedcba9876543210fedcba9876543210",
    "liff_url": "https://liff.line.me/2000000002-AbCdEfGh",
}


class CheckSchema(Answer):
    """`ok` null: not set up, which may be intended."""

    ok = fields.Boolean(required=True, allow_none=True)
    detail = fields.String(required=True)


class OfficialAccountSchema(Answer):
    """An Official Account. Its secrets are never told."""

    id = Id(required=True)
    name = fields.String(required=True)
    basic_id = fields.String(required=True)
    picture_url = fields.String(required=True)
    channel_id = fields.String(required=True)
    login_channel_id = fields.String(required=True)
    liff_url = fields.String(required=True)
    webhook_url = Made(lambda account: webhook_url(outside(), account), required=True)
    property_suffix = fields.String(
        required=True, metadata={"description": "What follows its HubSpot properties' names"}
    )
    checks = fields.Dict(keys=fields.String(), values=fields.Nested(CheckSchema), required=True)
    checked_at = Moment(required=True, allow_none=True)
    webhook_seen_at = Moment(required=True, allow_none=True)
    created_at = Moment(required=True)


class ConnectSchema(Schema):
    """The Messaging API channel and, where friends log in, the LINE Login channel."""

    channel_id = PlainText(40, 1, required=True, validate=[DIGITS])
    channel_secret = PlainText(200, 1, required=True, validate=[WORD])
    login_channel_id = PlainText(40, load_default="", validate=[DIGITS_OR_NOTHING])
    login_channel_secret = PlainText(200, load_default="", validate=[WORD])
    liff_url = PlainText(500, load_default="", validate=[web_address])

    @validates_schema
    def check_pairs(self, data: dict[str, Any], **_: Any) -> None:
        """A Login channel needs both its values."""
        if bool(data["login_channel_id"]) != bool(data["login_channel_secret"]):
            missing = "login_channel_secret" if data["login_channel_id"] else "login_channel_id"
            raise ValidationError("A LINE Login channel needs its ID and its secret.", missing)


@blueprint.get("")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, list_of(OfficialAccountSchema))
def list_official_accounts(query: dict[str, Any]) -> Page:
    """List the Official Accounts in use"""
    return page(OfficialAccount.owned(tenant().id), OfficialAccount.id, query)


@blueprint.post("")
@blueprint.arguments(ConnectSchema, example=EXAMPLE)
@blueprint.response(201, OfficialAccountSchema)
def connect_official_account(body: dict[str, str]) -> OfficialAccount:
    """Connect an Official Account

    LINE's webhook URL is set too. Connecting a channel again takes its new secrets.
    """
    try:
        account = connect_account(outside(), tenant(), ChannelValues(**body))
    except GatewayError as error:
        if error.permanent and error.reason in ("unauthorized", "invalid", "forbidden", "refused"):
            errors = {"channel_id": [REFUSED], "channel_secret": [REFUSED]}
            raise Problem(422, "invalid", REFUSED, errors=errors) from error
        raise
    return _as_it_stands(account)


@blueprint.get("/<account_id>")
@blueprint.response(200, OfficialAccountSchema)
def get_official_account(account_id: str) -> OfficialAccount:
    """Look at one Official Account"""
    return _account(account_id)


@blueprint.delete("/<account_id>")
@blueprint.response(204)
def archive_official_account(account_id: str) -> None:
    """Take an Official Account out of use

    Its friends and linkages are kept; connecting the same channel again brings them back.
    """
    archive_account(_account(account_id))


@blueprint.post("/<account_id>/check")
@blueprint.response(200, OfficialAccountSchema)
def check_official_account(account_id: str) -> OfficialAccount:
    """Ask LINE how the account stands"""
    account = _account(account_id)
    check_account(outside(), account)
    return _as_it_stands(account)


def _account(account_id: str) -> OfficialAccount:
    account: OfficialAccount = found(
        OfficialAccount.find_owned(tenant().id, row_id(account_id) or 0)
    )
    return account


def _as_it_stands(account: OfficialAccount) -> OfficialAccount:
    """LINE's test of the webhook came in through another door meanwhile."""
    db.session.refresh(account)
    return account
