"""LINE Official Accounts: connect, read, check, archive."""

from typing import Any

from marshmallow import Schema, fields

from plugin.api.access import tenant
from plugin.api.fields import Computed, Id, Moment, PlainText
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.problems import Problem, refused_fields
from plugin.api.resource import Resource, own
from plugin.guards import get_deps
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.connections.account_values import InvalidValues
from plugin.services.connections.channels import ChannelValues
from plugin.services.connections.official_account import (
    archive_account,
    connect_account,
    webhook_url,
)
from plugin.services.connections.verify_channels import RefusedChannel
from plugin.services.doctor import run

blueprint = Resource("official-accounts", "LINE Official Accounts of this Installation")
REASON_MESSAGES = {
    "no_channel_id": "Must be 6 to 20 digits.",
    "no_secret": "Must be 32 characters: 0 to 9 and a to f.",
    "same_channel": "This is the Messaging API channel; a LINE Login channel is another.",
    "no_login_secret": "A LINE Login channel needs its ID and its secret.",
    "no_login_id": "A LINE Login channel needs its ID and its secret.",
    "no_liff_url": "Must be a LIFF URL of LINE's own: https://liff.line.me/ and the LIFF ID.",
}
REFUSAL_MESSAGES = {
    "channel_secret": "LINE does not accept this channel ID and secret together.",
    "login_channel_secret": "LINE does not accept this LINE Login channel ID and secret together.",
    "liff_url": "LINE knows no such LIFF app on this LINE Login channel.",
}
ERROR_FIELDS = {
    "channel_secret": ("channel_id", "channel_secret"),
    "login_channel_secret": ("login_channel_id", "login_channel_secret"),
    "liff_url": ("liff_url",),
}
EXAMPLE = {
    "channel_id": "2000000001",
    "channel_secret": "0123456789abcdef0123456789abcdef",
    "login_channel_id": "2000000002",
    "login_channel_secret": "fedcba9876543210fedcba9876543210",
    "liff_url": "https://liff.line.me/2000000002-AbCdEfGh",
}


class CheckSchema(ResponseSchema):
    ok = fields.Boolean(required=True, allow_none=True)  # null: not set up, maybe on purpose
    detail = fields.String(required=True)


# Secrets are never returned.
class OfficialAccountSchema(ResponseSchema):
    id = Id(required=True)
    name = fields.String(required=True)
    basic_id = fields.String(required=True)
    picture_url = fields.String(required=True)
    channel_id = fields.String(required=True)
    login_channel_id = fields.String(required=True)
    liff_url = fields.String(required=True)
    webhook_url = Computed(lambda account: webhook_url(get_deps(), account), required=True)
    property_suffix = fields.String(
        required=True, metadata={"description": "What follows its HubSpot properties' names"}
    )
    checks = fields.Dict(keys=fields.String(), values=fields.Nested(CheckSchema), required=True)
    checked_at = Moment(required=True, allow_none=True)
    webhook_seen_at = Moment(required=True, allow_none=True)
    created_at = Moment(required=True)


class ConnectSchema(Schema):
    channel_id = PlainText(40, 1, required=True)
    channel_secret = PlainText(200, 1, required=True)
    # Only where friends log in.
    login_channel_id = PlainText(40, load_default="")
    login_channel_secret = PlainText(200, load_default="")
    liff_url = PlainText(500, load_default="")


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

    LINE's webhook URL is set too. Connecting a channel again takes its new secrets. What LINE
    refuses is not stored.
    """
    try:
        account = connect_account(get_deps(), tenant(), ChannelValues(**body))
    except InvalidValues as error:
        raise refused_values(error) from error
    except RefusedChannel as error:
        words = f"{REFUSAL_MESSAGES[error.field]} LINE says: {error.message}"
        errors = {name: [words] for name in ERROR_FIELDS[error.field]}
        raise Problem(422, "invalid", words, errors=errors) from error
    return refreshed(account)


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
    """Ask LINE how the account stands

    `ok` is null where something is not set up, not to be had, or not known at the moment.
    """
    account = _account(account_id)
    run.check_official_account(get_deps(), account)
    return refreshed(account)


def _account(account_id: str) -> OfficialAccount:
    account: OfficialAccount = own(OfficialAccount, account_id)
    return account


def refused_values(error: InvalidValues) -> Problem:
    return refused_fields({name: REASON_MESSAGES[why] for name, why in error.refusals.items()})


def refreshed(account: OfficialAccount) -> OfficialAccount:
    # LINE's test call of the webhook changed the row in another request meanwhile.
    db.session.refresh(account)
    return account
