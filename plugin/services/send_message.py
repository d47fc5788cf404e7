"""The action "Send LINE message": judged at once where that is possible, else sent by a job."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from plugin.core.clock import utcnow
from plugin.core.message_part import InvalidMessage
from plugin.core.messages import from_inputs
from plugin.models.installation import Installation
from plugin.models.official_account import OfficialAccount
from plugin.models.people import BLOCKED, FOLLOWING, Contact
from plugin.models.sending import ActionCall, Delivery
from plugin.models.template import TemplateVersion
from plugin.services import Outside
from plugin.services.deliver import deliver
from plugin.services.linked_friend import (
    BLOCKS,
    NOT_LINKED,
    NoAccount,
    choose_account,
    linked_friend,
)
from plugin.services.personalise import OWED, filled_at_once
from plugin.services.plan_delivery import HOLD, MARGIN, Plan, check, key_of, plan_delivery
from plugin.services.run_action import SUCCESS, Answer, Errand, failure
from plugin.services.templates import current_version
from plugin.services.track_links import tracker

NO_TEMPLATE = "The chosen template is archived or gone. Choose another."


class Content(NamedTuple):
    """What is sent, as `plan_delivery.Plan` takes it."""

    messages: list[dict[str, Any]]
    filling: str = ""
    version: TemplateVersion | None = None


def send_message(
    outside: Outside, installation: Installation, call: ActionCall, inputs: Mapping[str, str]
) -> Answer:
    """Plan one Delivery, or say at once why nothing can be sent."""
    try:
        account = choose_account(installation, inputs.get("official_account", ""))
        content = _content(outside, account, call, inputs)
    except NoAccount as error:
        return failure(str(error))
    except InvalidMessage as error:
        return failure(str(error), "invalid_message")
    friend = linked_friend(installation, account, call.contact_id)
    if friend is None:
        return failure(NOT_LINKED, "not_linked")
    if friend.status == BLOCKED:
        return failure(BLOCKS, "blocked")
    # A friend in doubt is asked for first, and tokens may have to be: that takes more calls.
    known = friend.status == FOLLOWING and not content.filling
    is_first = known and not Delivery.any_open(account.id)
    until = utcnow() + HOLD
    silent = inputs.get("notification_disabled", "").lower() == "true"
    plan = Plan(account, friend, content.messages, silent, until - MARGIN, *content[1:])
    delivery = plan_delivery(call, plan)
    do = partial(deliver, outside, delivery.id) if is_first else None
    return Answer(SUCCESS, {}, until, Errand("deliver", delivery.id, do))


def _content(
    outside: Outside, account: OfficialAccount, call: ActionCall, inputs: Mapping[str, str]
) -> Content:
    """The messages, checked as far as they are filled in. Raises `InvalidMessage`."""
    template, wrap = inputs.get("template", ""), tracker(outside, account, key_of(call, account))
    if not template.strip():
        return Content(check(from_inputs(inputs, None, wrap)))
    version = current_version(template, call.installation_id)
    if version is None:
        raise InvalidMessage(NO_TEMPLATE)
    messages = from_inputs(inputs, version.messages, wrap)
    contact = Contact.of_portal(call.installation_id, call.contact_id)
    filled = filled_at_once(messages, contact)
    if filled is None:
        return Content(messages, OWED, version)
    return Content(check(filled), "", version)
