"""Plans sends: the row with its retry key exists before the first try."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from plugin.core.clock import utcnow
from plugin.core.retry import retry_key
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend import Friend
from plugin.models.sending.action_call import ActionCall
from plugin.models.sending.delivery import Delivery
from plugin.models.sending.template_version import TemplateVersion

Messages = Sequence[Mapping[str, Any]]
# Our own timer ends this much before HubSpot's.
MARGIN = timedelta(minutes=5)


class Plan(NamedTuple):
    """A message and when to give up. `version`: the template that the messages come from."""

    account: OfficialAccount
    friend: Friend
    messages: list[dict[str, Any]]
    silent: bool
    give_up_at: datetime
    filling: str = ""
    version: TemplateVersion | None = None
    # LINE's name for its statistics.
    unit: str = ""


def key_of(call: ActionCall, account: OfficialAccount) -> str:
    """Return the retry key of an execution's send, the same in every repeat by HubSpot."""
    return retry_key(call.installation_id, call.callback_id, account.channel_id, 1)


def plan_delivery(call: ActionCall, plan: Plan) -> Delivery:
    """Add the row, inside the caller's transaction; the caller enqueues the job."""
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
        aggregation_unit=plan.unit,
        created_at=utcnow(),
        give_up_at=plan.give_up_at,
    )
    db.session.add(delivery)
    return delivery
