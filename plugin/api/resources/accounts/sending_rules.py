"""Rules of sending of an Official Account: cap, hours, holdout, approval, cost."""

from typing import Any

from marshmallow import Schema, fields, validate

from plugin.api.access import actor
from plugin.api.fields import Moment, PlainText
from plugin.api.paging import ResponseSchema
from plugin.api.problems import Problem
from plugin.api.resource import Resource, own
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.sending.rules import (
    CURRENCIES,
    InvalidRules,
    RuleChoices,
    choices_of,
    save_rules,
)

blueprint = Resource("sending-rules", "Rules of sending of an Official Account")
REASON_MESSAGES = {
    "range": "The number is out of range.",
    "days": "Must be seven pairs of minutes of the day, from Monday on.",
    "minutes": "Each pair is [from, until], two whole numbers of 0 to 1440.",
    "closed": "At least one day must be open: an equal pair closes a day.",
    "zone": "Must be an IANA time zone, such as Asia/Tokyo, or empty for the portal's.",
    "not_synced": "Must be a property that sync-settings keep, or empty.",
    "currency": f"Must be one of {', '.join(CURRENCIES)}.",
}
EXAMPLE = {"cap_messages": 3, "cap_days": 7, "open_hours": [[540, 1260]] * 7}


def _number(description: str, **more: Any) -> fields.Integer:
    return fields.Integer(strict=True, metadata={"description": description}, **more)


class RulesSchema(Schema):
    cap_messages = _number("Messages to a friend at most; null: no cap", allow_none=True)
    cap_days = _number("In so many rolling days")
    open_hours = fields.List(
        fields.List(fields.Integer(strict=True), validate=validate.Length(equal=2)),
        allow_none=True,
        metadata={
            "description": "[from, until] in minutes of the day for each weekday from Monday on;"
            " until before from: past midnight; null: at any time"
        },
    )
    time_zone = PlainText(60, metadata={"description": "IANA; empty: the portal's"})
    zone_property = PlainText(
        100, metadata={"description": "A synced property with each contact's own zone"}
    )
    holdout_percent = _number("Percent of friends that no broadcast reaches")
    approval_above = _number("More people need approval; null: never", allow_none=True)
    free_messages = _number("Messages a month in the plan", allow_none=True)
    price_milli = _number("Price of one more, in thousandths", allow_none=True)
    currency = PlainText(3)


class StoredRulesSchema(RulesSchema, ResponseSchema):
    changed_by = fields.String(required=True)
    changed_at = Moment(required=True, allow_none=True)


@blueprint.get("/<account_id>")
@blueprint.response(200, StoredRulesSchema)
def get_sending_rules(account_id: str) -> dict[str, Any]:
    """Read an Official Account's rules"""
    return _stored(SendingRules.of_account(_account(account_id).id))


@blueprint.put("/<account_id>")
@blueprint.arguments(RulesSchema, example=EXAMPLE)
@blueprint.response(200, StoredRulesSchema)
def put_sending_rules(body: dict[str, Any], account_id: str) -> dict[str, Any]:
    """Set an Official Account's rules

    What is left out stays as it is.
    """
    account = _account(account_id)
    before = choices_of(SendingRules.of_account(account.id))
    try:
        rules = save_rules(account, RuleChoices(**{**before._asdict(), **body}), actor())
    except InvalidRules as error:
        errors = {name: [REASON_MESSAGES[reason]] for name, reason in error.refusals.items()}
        detail = " ".join(f"{name}: {words[0]}" for name, words in errors.items())
        raise Problem(422, "invalid", detail, errors=errors) from error
    return _stored(rules)


def _stored(rules: SendingRules | None) -> dict[str, Any]:
    return {
        **choices_of(rules)._asdict(),
        "changed_by": rules.changed_by if rules else "",
        "changed_at": rules.changed_at if rules else None,
    }


def _account(account_id: str) -> OfficialAccount:
    account: OfficialAccount = own(OfficialAccount, account_id)
    return account
