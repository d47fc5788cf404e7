"""Repairs of an Official Account at LINE: the webhook's address and the LIFF app."""

from marshmallow import Schema, fields, validate

from plugin.api.access import tenant
from plugin.api.problems import Problem
from plugin.api.resource import own
from plugin.api.resources.accounts.official_accounts import (
    OfficialAccountSchema,
    blueprint,
    refreshed,
    refused_values,
)
from plugin.core.diagnosis.doctor.checks import LOOKED_AT
from plugin.guards import get_deps
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.connections.account_values import InvalidValues
from plugin.services.connections.channels import stored_values
from plugin.services.connections.liff_app import ensure_liff_app
from plugin.services.connections.official_account import check_account, connect_account
from plugin.services.doctor.run import note_seen


class LookedSchema(Schema):
    check = fields.String(required=True, validate=validate.OneOf(LOOKED_AT))


@blueprint.post("/<account_id>/looked-at")
@blueprint.arguments(LookedSchema, example={"check": "published"})
@blueprint.response(200, OfficialAccountSchema)
def note_looked_at(body: dict[str, str], account_id: str) -> OfficialAccount:
    """Note that somebody has looked at what LINE shows only to an account's administrators

    The doctor takes it as good for half a year.
    """
    account: OfficialAccount = own(OfficialAccount, account_id)
    note_seen(account, body["check"])
    return refreshed(account)


@blueprint.post("/<account_id>/webhook")
@blueprint.response(200, OfficialAccountSchema)
def set_account_webhook(account_id: str) -> OfficialAccount:
    """Set the webhook's address at LINE again, with the stored channels"""
    account: OfficialAccount = own(OfficialAccount, account_id)
    try:
        return refreshed(connect_account(get_deps(), tenant(), stored_values(account)))
    except InvalidValues as error:
        raise refused_values(error) from error


@blueprint.post("/<account_id>/liff")
@blueprint.response(200, OfficialAccountSchema)
def set_account_liff(account_id: str) -> OfficialAccount:
    """Make the LIFF app at LINE, or correct its address"""
    account: OfficialAccount = own(OfficialAccount, account_id)
    if not account.can_login:
        raise Problem(
            409, "no_login_channel", "Connect a LINE Login channel to this account first."
        )
    ensure_liff_app(get_deps(), account)
    check_account(get_deps(), account)
    return refreshed(account)
