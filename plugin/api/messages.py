"""LINE message objects in bodies: what they may be, and what LINE says of them."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from plugin.api.problems import Problem
from plugin.core.messages.checks import BUBBLES
from plugin.guards import get_deps
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.message_templates.check import check_template


def _message_objects(messages: list[dict[str, Any]]) -> None:
    if not all(isinstance(message.get("type"), str) for message in messages):
        raise ValidationError("Each message must be a LINE message object with a type.")


def messages_field(description: str, required: bool = True) -> fields.List[Any]:
    return fields.List(
        fields.Dict(keys=fields.String()),
        required=required,
        validate=[validate.Length(1, BUBBLES), _message_objects],
        metadata={"description": description},
    )


def check_messages(
    account: OfficialAccount, messages: list[dict[str, Any]], field: str = "messages"
) -> None:
    """Raise a 422 problem at the field for what Musubi or LINE would refuse."""
    result = check_template(get_deps(), account, messages)
    if not result.good:
        problems = list(map(str, result.problems))
        raise Problem(422, "invalid", " ".join(problems), errors={field: problems})
