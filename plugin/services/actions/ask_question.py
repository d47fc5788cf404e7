"""The action "Ask a question on LINE and wait", until the friend answers or the time is over."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from plugin.core.clock import utcnow
from plugin.core.messages.checks import check
from plugin.core.messages.part import InvalidMessage
from plugin.core.messages.questions import question_message, read_choices
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend import BLOCKED, Friend
from plugin.models.sending.action_call import ActionCall
from plugin.models.sending.delivery import Delivery
from plugin.models.sending.question import OPEN, Question
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.services.actions.context import Action, ActionContext, NoAccount
from plugin.services.executions.execution import (
    BLOCKS,
    FAIL_CONTINUE,
    HOLD,
    NOT_LINKED,
    SUCCESS,
    Answer,
    FollowUp,
)
from plugin.services.executions.questions import outcome, time_out
from plugin.services.sending.deliver import expire_delivery
from plugin.services.sending.plan import MARGIN, Plan, plan_delivery
from plugin.services.sending.results import store_result

DEFAULT_HOURS, MAX_HOURS = 24.0, 720.0
# HubSpot waits this much longer than Musubi, because its own time-out sets no outputs.
SLACK = timedelta(minutes=15)


def ask_question(context: ActionContext, call: ActionCall, inputs: Mapping[str, str]) -> Answer:
    reference = secrets.token_urlsafe(18)
    try:
        account = context.account(inputs.get("official_account", ""))
    except NoAccount as error:
        return question_failure("failed", str(error))
    friend = context.friend(account, call.contact_id)
    try:
        choices = read_choices(inputs.get("choices", ""))
        wait = _wait(inputs.get("wait_hours", ""))
        messages = check([question_message(inputs.get("question", ""), choices, reference)])
    except InvalidMessage as error:
        return question_failure("invalid_message", str(error), friend)
    if friend is None:
        return question_failure("not_linked", NOT_LINKED)
    if friend.status == BLOCKED:
        return question_failure("blocked", BLOCKS, friend)
    now = utcnow()
    # After this long an unsent question is dropped.
    give_up = now + min(HOLD - MARGIN, wait)
    delivery = plan_delivery(call, Plan(account, friend, messages, False, give_up))
    _open_question(call, account, friend, choices, reference, wait)
    return Answer(SUCCESS, {}, now + wait + SLACK, FollowUp("deliver", delivery))


def hold_of_question(inputs: Mapping[str, str]) -> timedelta:
    """Return how long HubSpot holds the contact of a queued execution."""
    try:
        return HOLD + _wait(inputs.get("wait_hours", "")) + SLACK
    except InvalidMessage:
        return HOLD


def question_failure(result: str, error: str, friend: Friend | None = None) -> Answer:
    """Let the contact go on in the workflow, with the reason in its history."""
    if friend is not None:
        store_result(friend, result)
    return Answer(FAIL_CONTINUE, outcome(result, error=error))


def _wait(hours: str) -> timedelta:
    # HubSpot may send a number field as `24` or `24.0`.
    try:
        number = float(hours) if hours.strip() else DEFAULT_HOURS
    except ValueError:
        number = 0.0
    if not 0.1 <= number <= MAX_HOURS:
        raise InvalidMessage(
            "Wait for (hours) must be between 0.1 and %(most)s.", most=f"{MAX_HOURS:g}"
        )
    return timedelta(hours=number)


def _open_question(
    call: ActionCall,
    account: OfficialAccount,
    friend: Friend,
    choices: list[str],
    reference: str,
    wait: timedelta,
) -> None:
    now = utcnow()
    question = Question(
        reference=reference,
        official_account_id=account.id,
        friend_id=friend.id,
        action_call_id=call.id,
        choices=choices,
        asked_at=now,
        closes_at=now + wait,
    )
    db.session.add(question)
    db.session.flush()
    enqueue("close_question", question.id, call.installation_id, delay=wait)


ASK_QUESTION = Action("ask-question", ask_question, hold_of_question, "expired")


def close_question(question_id: int) -> datetime | None:
    """Close an overdue question; return its closing time where the job came too early."""
    question = Question.by_id(question_id)
    if question is None or question.state != OPEN:
        return None
    if utcnow() < question.closes_at:
        return question.closes_at
    with transaction():
        # First the delivery: a question that never arrived was not left unanswered.
        end_delivery(question.action_call_id)
        time_out(question)
    return None


def end_delivery(call_id: int) -> None:
    """Stop an execution's unfinished delivery, inside the caller's transaction."""
    delivery = Delivery.of_call(call_id)
    if delivery is not None and not delivery.is_settled:
        expire_delivery(delivery)
