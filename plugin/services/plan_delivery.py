"""A send is planned: the row with its retry key stands before the first try."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from plugin.core.clock import utcnow
from plugin.core.message_checks import check_messages
from plugin.core.sending import retry_key
from plugin.models.base import db
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Friend
from plugin.models.sending import ActionCall, Delivery
from plugin.models.template import TemplateVersion
from plugin.services.graphemes import count_clusters

Messages = Sequence[Mapping[str, Any]]
# Our own timer ends so much earlier than HubSpot's patience.
MARGIN = timedelta(minutes=5)


class Plan(NamedTuple):
    """What is to be sent to whom. `give_up_at`: not tried any more after.

    `filling` is `Delivery.filling`; `version`: the template that the messages come from.
    """

    account: OfficialAccount
    friend: Friend
    messages: list[dict[str, Any]]
    silent: bool
    give_up_at: datetime
    filling: str = ""
    version: TemplateVersion | None = None


def key_of(call: ActionCall, account: OfficialAccount) -> str:
    """The retry key of what an execution sends, the same however often HubSpot repeats it."""
    return retry_key(call.installation_id, call.callback_id, account.channel_id, 1)


def check(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages, if LINE would take them. Raises `InvalidMessage`."""
    check_messages(messages, count_clusters)
    return messages


def plan_delivery(call: ActionCall, plan: Plan) -> Delivery:
    """Keep the intent, inside the caller's transaction; the job is the caller's to owe."""
    delivery = Delivery(
        official_account_id=plan.account.id,
        friend_id=plan.friend.id,
        action_call_id=call.id,
        retry_key=key_of(call, plan.account),
        messages=plan.messages,
        silent=plan.silent,
        filling=plan.filling,
        template_id=plan.version.template_id if plan.version else None,
        template_version=plan.version.number if plan.version else None,
        created_at=utcnow(),
        give_up_at=plan.give_up_at,
    )
    db.session.add(delivery)
    return delivery
