"""Relays of LINE's calls to another tool, one for each Official Account."""

from typing import Any

from marshmallow import Schema, fields

from plugin.api.fields import Id, Moment, PlainText
from plugin.api.paging import ResponseSchema
from plugin.api.problems import invalid
from plugin.api.resource import Resource, or_404, own
from plugin.core.webhooks.receiver_urls import LONGEST_URL, UnfitUrl
from plugin.guards import get_deps
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.outgoing.line_relay import LineRelay
from plugin.services.outgoing.relay import set_relay, stop_relay

blueprint = Resource("relays", "LINE's calls, relayed to another tool byte for byte")
EXAMPLE = {"url": "https://bot.example.com/line"}


class RelaySchema(ResponseSchema):
    official_account = Id(attribute="official_account_id", required=True)
    url = fields.String(required=True)
    since = Moment(required=True)
    last_success_at = Moment(required=True, allow_none=True)
    last_failure_at = Moment(required=True, allow_none=True)
    # Why the last failure was one: a status, or in a word why none came; loop: it called Musubi.
    last_status = fields.Integer(required=True)
    last_error = fields.String(required=True)
    dropped = fields.Integer(required=True)  # calls that it refused, or did not take in time
    dropped_at = Moment(required=True, allow_none=True)


class RelayToSchema(Schema):
    url = PlainText(LONGEST_URL, 1, required=True)


@blueprint.get("/<account_id>")
@blueprint.response(200, RelaySchema)
def get_relay(account_id: str) -> LineRelay:
    """Look where an Official Account's calls go as well"""
    relay: LineRelay = or_404(LineRelay.of_account(_account(account_id).id))
    return relay


@blueprint.put("/<account_id>")
@blueprint.arguments(RelayToSchema, example=EXAMPLE)
@blueprint.response(200, RelaySchema)
def put_relay(body: dict[str, Any], account_id: str) -> LineRelay:
    """Relay LINE's calls to this address from now on

    Reply tokens work once: where Musubi's inbox answers for free, the other tool cannot, and the
    other way round.
    """
    account = _account(account_id)
    try:
        set_relay(get_deps(), account, body["url"])
    except UnfitUrl as error:
        raise invalid("url", str(error)) from error
    relay: LineRelay = or_404(LineRelay.of_account(account.id))
    return relay


@blueprint.delete("/<account_id>")
@blueprint.response(204)
def delete_relay(account_id: str) -> None:
    """End the relay"""
    stop_relay(_account(account_id))


def _account(account_id: str) -> OfficialAccount:
    account: OfficialAccount = own(OfficialAccount, account_id)
    return account
