"""The action "Send LINE message": judged at once where that is possible, else sent by a job."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from plugin.core.clock import utcnow
from plugin.core.message_part import InvalidMessage
from plugin.core.messages import from_inputs
from plugin.models.official_account import OfficialAccount
from plugin.models.people import BLOCKED, FOLLOWING, Friend
from plugin.models.sending import ActionCall, Delivery
from plugin.models.template import TemplateVersion
from plugin.services.deliver import deliver
from plugin.services.desk import BLOCKS, NOT_LINKED, Desk, NoAccount
from plugin.services.executions import HOLD, SUCCESS, Action, Answer, Errand, failure
from plugin.services.note_result import note_result
from plugin.services.personalise import OWED, filled_at_once
from plugin.services.plan_delivery import MARGIN, Plan, check, key_of, plan_delivery
from plugin.services.track_links import tracker

NO_TEMPLATE = "The chosen template is archived or gone. Choose another."


class Content(NamedTuple):
    """What is sent, as `plan_delivery.Plan` takes it."""

    messages: list[dict[str, Any]]
    filling: str = ""
    version: TemplateVersion | None = None


def send_message(desk: Desk, call: ActionCall, inputs: Mapping[str, str]) -> Answer:
    """Plan one Delivery, or say at once why nothing can be sent."""
    try:
        version = _version(desk, inputs.get("template", ""))
        account = desk.account(inputs.get("official_account", ""), version)
    except NoAccount as error:
        return failure(str(error))
    except InvalidMessage as error:
        return failure(str(error), "invalid_message")
    friend = desk.friend(account, call.contact_id)
    try:
        content = _content(desk, account, call, inputs, version)
    except InvalidMessage as error:
        return _refused(friend, "invalid_message", str(error))
    if friend is None:
        return failure(NOT_LINKED, "not_linked")
    if friend.status == BLOCKED:
        return _refused(friend, "blocked", BLOCKS)
    # A friend in doubt is asked for first, and tokens may have to be: that takes more calls.
    known = friend.status == FOLLOWING and not content.filling
    is_first = desk.waits and known and not Delivery.any_open(account.id)
    until = call.expires_at or utcnow() + HOLD
    silent = inputs.get("notification_disabled", "").lower() == "true"
    plan = Plan(account, friend, content.messages, silent, until - MARGIN, *content[1:])
    delivery = plan_delivery(call, plan)
    do = partial(deliver, desk.outside) if is_first else None
    return Answer(SUCCESS, {}, until, Errand("deliver", delivery, do))


def _refused(friend: Friend | None, result: str, error: str) -> Answer:
    if friend is not None:
        note_result(friend, result)
    return failure(error, result)


def _version(desk: Desk, template: str) -> TemplateVersion | None:
    """What the chosen template says now, None without one. Raises `InvalidMessage`."""
    version = desk.version(template) if template.strip() else None
    if version is None and template.strip():
        raise InvalidMessage(NO_TEMPLATE)
    return version


def _content(
    desk: Desk,
    account: OfficialAccount,
    call: ActionCall,
    inputs: Mapping[str, str],
    version: TemplateVersion | None,
) -> Content:
    """The messages, checked as far as they are filled in. Raises `InvalidMessage`."""
    key, known = key_of(call, account), desk.targets[account.id]
    wrap = tracker(desk.outside, account, key, known=known)
    if version is None:
        return Content(check(from_inputs(inputs, None, wrap)))
    messages = from_inputs(inputs, version.messages, wrap if version.tracks_links else str)
    filled = filled_at_once(messages, desk.contact(call.contact_id))
    if filled is None:
        return Content(messages, OWED, version)
    return Content(check(filled), "", version)


SEND_MESSAGE = Action("send-message", send_message, late="expired")
