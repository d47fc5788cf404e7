"""Rules of an account's inbox: how long messages are kept, who is told of waiting friends."""

from typing import Any

from marshmallow import Schema, fields, validate

from plugin.api.fields import PlainText
from plugin.api.paging import ResponseSchema
from plugin.api.problems import refused_fields
from plugin.api.resource import Resource, own
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.inbox.inbox_rules import InboxRules
from plugin.services.inbox.refused import FieldsRefused
from plugin.services.inbox.rules import MOST_ADDRESSES, save_inbox_rules

blueprint = Resource("inbox-rules", "How an Official Account's inbox is kept and watched")
EXAMPLE = {"kept_days": 365, "notify_after": 15, "notify_to": ["shop@example.com"]}


class InboxRulesSchema(Schema):
    kept_days = fields.Integer(
        strict=True, metadata={"description": "Days that words and pictures are kept"}
    )
    notify_after = fields.Integer(
        strict=True,
        allow_none=True,
        metadata={"description": "Minutes without a reader before an e-mail; null: never"},
    )
    notify_to = fields.List(
        PlainText(320, 1),
        validate=validate.Length(max=MOST_ADDRESSES),
        metadata={"description": "Empty: the assigned member, else all members"},
    )


class StoredInboxRulesSchema(InboxRulesSchema, ResponseSchema):
    """The rules in force."""


@blueprint.get("/<account_id>")
@blueprint.response(200, StoredInboxRulesSchema, example=EXAMPLE)
def get_inbox_rules(account_id: str) -> dict[str, Any]:
    """Read the rules of an Official Account's inbox"""
    return _stored(own(OfficialAccount, account_id).id)


@blueprint.put("/<account_id>")
@blueprint.arguments(InboxRulesSchema, example=EXAMPLE)
@blueprint.response(200, StoredInboxRulesSchema, example=EXAMPLE)
def put_inbox_rules(body: dict[str, Any], account_id: str) -> dict[str, Any]:
    """Set the rules of an Official Account's inbox

    What is left out stays as it is.
    """
    account: OfficialAccount = own(OfficialAccount, account_id)
    rules = {**_stored(account.id), **body}
    try:
        save_inbox_rules(account, rules["kept_days"], rules["notify_after"], rules["notify_to"])
    except FieldsRefused as error:
        raise refused_fields(error.problems) from error
    return _stored(account.id)


def _stored(account_id: int) -> dict[str, Any]:
    rules = InboxRules.of(account_id)
    return {
        "kept_days": rules.kept_days,
        "notify_after": rules.notify_after,
        "notify_to": [address for address in rules.notify_to.split(",") if address],
    }
