"""The action "Send LINE message": planned, then sent at once if possible, or else by a job."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from plugin.core.clock import utcnow
from plugin.core.messages.checks import check
from plugin.core.messages.compose import from_inputs
from plugin.core.messages.part import InvalidMessage
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend import BLOCKED, FOLLOWING, Friend
from plugin.models.sending.action_call import ActionCall
from plugin.models.sending.delivery import Delivery
from plugin.models.sending.template_version import TemplateVersion
from plugin.services.actions.context import Action, ActionContext, NoAccount
from plugin.services.actions.sending_limits import CAPPED, TOO_LONG
from plugin.services.executions.execution import (
    BLOCKS,
    HOLD,
    NOT_LINKED,
    SUCCESS,
    Answer,
    FollowUp,
    failure,
)
from plugin.services.sending.deliver import deliver
from plugin.services.sending.personalise import PENDING, filled_at_once
from plugin.services.sending.plan import MARGIN, Plan, key_of, plan_delivery
from plugin.services.sending.results import store_result
from plugin.services.sending.tracked_links import tracker

NO_TEMPLATE = "The chosen template is archived or gone. Choose another."


class Content(NamedTuple):
    messages: list[dict[str, Any]]
    filling: str = ""
    version: TemplateVersion | None = None


def send_message(context: ActionContext, call: ActionCall, inputs: Mapping[str, str]) -> Answer:
    try:
        version = _version(context, inputs.get("template", ""))
        account = context.account(inputs.get("official_account", ""), version)
    except NoAccount as error:
        return failure(str(error))
    except InvalidMessage as error:
        return failure(str(error), "invalid_message")
    friend = context.friend(account, call.contact_id)
    try:
        content = _content(context, account, call, inputs, version)
    except InvalidMessage as error:
        return _refused(friend, "invalid_message", str(error))
    if friend is None:
        return failure(NOT_LINKED, "not_linked")
    if friend.status == BLOCKED:
        return _refused(friend, "blocked", BLOCKS)
    silent = inputs.get("notification_disabled", "").lower() == "true"
    return _planned(context, call, friend, content, silent)


def _planned(
    context: ActionContext, call: ActionCall, friend: Friend, content: Content, silent: bool
) -> Answer:
    """Plan the delivery for now or for the end of the quiet hours."""
    account = friend.official_account
    opening = context.limits.opening(account, friend)
    until = call.expires_at or (opening or utcnow()) + HOLD
    if opening is not None and opening + MARGIN >= until:
        return _refused(friend, "expired", TOO_LONG)
    if not context.limits.take_place(friend):
        return _refused(friend, "capped", CAPPED)
    at_once = opening is None and _goes_at_once(context, friend, content)
    unit = context.statistics_unit(account, content.version)
    plan = Plan(account, friend, content.messages, silent, until - MARGIN, *content[1:], unit)
    delivery = plan_delivery(call, plan)
    do = partial(deliver, context.deps) if at_once else None
    return Answer(SUCCESS, {}, until, FollowUp("deliver", delivery, do, opening))


def _goes_at_once(context: ActionContext, friend: Friend, content: Content) -> bool:
    # A friend whose status is unknown is looked up first, which takes more calls.
    known = friend.status == FOLLOWING
    # Refreshing HubSpot's token takes too long while HubSpot waits for the answer.
    ready = not content.filling or context.installation.token_is_fresh(utcnow())
    account_id = friend.official_account_id
    return context.waits and known and ready and not Delivery.any_open(account_id)


def _refused(friend: Friend | None, result: str, error: str) -> Answer:
    if friend is not None:
        store_result(friend, result)
    return failure(error, result)


def _version(context: ActionContext, template: str) -> TemplateVersion | None:
    version = context.version(template) if template.strip() else None
    if version is None and template.strip():
        raise InvalidMessage(NO_TEMPLATE)
    return version


def _content(
    context: ActionContext,
    account: OfficialAccount,
    call: ActionCall,
    inputs: Mapping[str, str],
    version: TemplateVersion | None,
) -> Content:
    key, known = key_of(call, account), context.targets[account.id]
    wrap = tracker(context.deps, account, key, known=known)
    if version is None:
        return Content(check(from_inputs(inputs, None, wrap)))
    messages = from_inputs(inputs, version.messages, wrap if version.tracks_links else str)
    filled = filled_at_once(messages)
    if filled is None:
        return Content(messages, PENDING, version)
    return Content(check(filled), "", version)


SEND_MESSAGE = Action("send-message", send_message, late="expired", has_quiet_hours=True)
