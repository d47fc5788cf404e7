"""The action "Ask a question on LINE and wait": until the answer, or until the time is over."""

import secrets
from collections.abc import Mapping
from datetime import timedelta

from plugin.core.asking import question_message, read_choices
from plugin.core.clock import utcnow
from plugin.core.message_part import InvalidMessage
from plugin.models.base import db
from plugin.models.job import plant
from plugin.models.official_account import OfficialAccount
from plugin.models.people import BLOCKED, Friend
from plugin.models.question import Question
from plugin.models.sending import ActionCall
from plugin.services.desk import BLOCKS, NOT_LINKED, Desk, NoAccount
from plugin.services.executions import FAIL_CONTINUE, HOLD, SUCCESS, Action, Answer, Errand
from plugin.services.note_result import note_result
from plugin.services.plan_delivery import MARGIN, Plan, check, plan_delivery

DEFAULT_HOURS, MOST_HOURS = 24.0, 720.0
# HubSpot waits so much longer than we do, because its own end comes without outputs.
SLACK = timedelta(minutes=15)


def ask_question(desk: Desk, call: ActionCall, inputs: Mapping[str, str]) -> Answer:
    """Plan the question's Delivery and its time-out, or say at once why it cannot be asked."""
    reference = secrets.token_urlsafe(18)
    try:
        account = desk.account(inputs.get("official_account", ""))
    except NoAccount as error:
        return not_asked("failed", str(error))
    friend = desk.friend(account, call.contact_id)
    try:
        choices = read_choices(inputs.get("choices", ""))
        wait = _wait(inputs.get("wait_hours", ""))
        messages = check([question_message(inputs.get("question", ""), choices, reference)])
    except InvalidMessage as error:
        return not_asked("invalid_message", str(error), friend)
    if friend is None:
        return not_asked("not_linked", NOT_LINKED)
    if friend.status == BLOCKED:
        return not_asked("blocked", BLOCKS, friend)
    now = utcnow()
    # A question that could not be sent for so long is not asked any more.
    give_up = now + min(HOLD - MARGIN, wait)
    delivery = plan_delivery(call, Plan(account, friend, messages, False, give_up))
    _open(call, account, friend, choices, reference, wait)
    return Answer(SUCCESS, {}, now + wait + SLACK, Errand("deliver", delivery))


def hold_of_question(inputs: Mapping[str, str]) -> timedelta:
    """How long HubSpot is told to wait for the end of a question that is asked later."""
    try:
        return HOLD + _wait(inputs.get("wait_hours", "")) + SLACK
    except InvalidMessage:
        return HOLD


def not_asked(result: str, error: str, friend: Friend | None = None) -> Answer:
    """The contact goes on in the workflow; the history says why there is no answer."""
    if friend is not None:
        note_result(friend, result)
    return Answer(FAIL_CONTINUE, outcome(result, error=error))


def outcome(result: str, answer: str = "", text: str = "", error: str = "") -> dict[str, str]:
    """The outputs of this action."""
    return {"result": result, "answer": answer, "answer_text": text, "error": error}


def _wait(hours: str) -> timedelta:
    """HubSpot may send a number field as `24` or `24.0`. Raises `InvalidMessage`."""
    try:
        asked = float(hours) if hours.strip() else DEFAULT_HOURS
    except ValueError:
        asked = 0.0
    if not 0.1 <= asked <= MOST_HOURS:
        raise InvalidMessage(
            "Wait for (hours) must be between 0.1 and %(most)s.", most=f"{MOST_HOURS:g}"
        )
    return timedelta(hours=asked)


def _open(
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
    plant("close_question", question.id, call.installation_id, delay=wait)


ASK_QUESTION = Action("ask-question", ask_question, hold_of_question, "expired")
