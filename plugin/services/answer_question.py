"""A question ends: by the first answer, by the time-out, or because it never arrived.

Each end is one conditional update, so that of several only the first counts. What comes later is
kept beside it, as late.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import update

from plugin.core.asking import meant_choice, read_tap
from plugin.models.base import affected, db
from plugin.models.people import Friend
from plugin.models.question import ANSWERED, OPEN, TIMED_OUT, UNSENT, Question
from plugin.models.sending import Delivery
from plugin.services.ask_question import outcome
from plugin.services.executions import FAIL_CONTINUE, SUCCESS, settle

# A typed word is taken for a late answer no longer than this: after it, it means something else.
TYPED_LATE = timedelta(days=7)
# Of several questions open at once, the newest whose choices fit is the one that is answered.
OPEN_AT_ONCE = 10


class Said(NamedTuple):
    """An answer: the choice it means, and the words it came in."""

    choice: str
    text: str
    at: datetime


def take_answer(friend: Friend, event: dict[str, Any], at: datetime) -> None:
    """See whether a LINE event answers a question, inside the caller's transaction."""
    if event.get("type") == "postback":
        _take_tap(friend, str((event.get("postback") or {}).get("data") or ""), at)
    elif event.get("type") == "message":
        message = event.get("message") or {}
        if message.get("type") == "text":
            _take_text(friend, str(message.get("text") or ""), at)


def time_out(question: Question) -> None:
    """End it unanswered, inside the caller's transaction, unless it has ended already."""
    if _end(question, TIMED_OUT):
        settle(question.action_call, SUCCESS, outcome("timed_out"))


def question_ended(delivery: Delivery, state: str, result: str, error: str) -> None:
    """What LINE said of the question's Delivery, inside the caller's transaction."""
    if state == SUCCESS or delivery.action_call is None:
        return
    question = Question.of_call(delivery.action_call.id)
    # A tap may have come although LINE's answer to the send was lost.
    if question is not None and _end(question, UNSENT):
        settle(delivery.action_call, FAIL_CONTINUE, outcome(result, error=error))


def _take_tap(friend: Friend, data: str, at: datetime) -> None:
    tap = read_tap(data)
    question = Question.of_reference(tap.reference) if tap else None
    # Nobody but the friend who was asked can answer, whatever a stranger sends.
    if tap is None or question is None or question.friend_id != friend.id:
        return
    if tap.choice < len(question.choices):
        choice = question.choices[tap.choice]
        _answer(question, Said(choice, choice, at))


def _take_text(friend: Friend, typed: str, at: datetime) -> None:
    for question in Question.of_friend(friend.id, (OPEN,), OPEN_AT_ONCE):
        choice = meant_choice(typed, question.choices)
        if choice is not None and _was_out(question, at):
            _answer(question, Said(choice, typed, at))
            return
    for question in Question.of_friend(friend.id, (TIMED_OUT, UNSENT), 1):
        choice = meant_choice(typed, question.choices)
        in_time = at - question.closes_at < TYPED_LATE
        if choice is not None and in_time and _was_out(question, at):
            _keep_late(question, Said(choice, typed, at))


def _was_out(question: Question, at: datetime) -> bool:
    """Whether the question had gone out by then: words from before it mean something else."""
    delivery = Delivery.of_call(question.action_call_id)
    tried = delivery.first_tried_at if delivery is not None else None
    return tried is not None and tried <= at


def _answer(question: Question, said: Said) -> None:
    """The first answer in time counts; one given after the time-out is late even where the
    time-out itself has not been worked off yet."""
    if said.at > question.closes_at:
        time_out(question)
    values = {
        "answer": said.choice[:300], "answer_text": said.text[:5000], "answered_at": said.at
    }  # fmt: skip
    if _end(question, ANSWERED, values):
        settle(question.action_call, SUCCESS, outcome("answered", said.choice, said.text))
    elif _as_it_stands(question).state in (TIMED_OUT, UNSENT):
        _keep_late(question, said)


def _as_it_stands(question: Question) -> Question:
    """Somebody else may have ended it since it was read."""
    db.session.refresh(question)
    return question


def _end(question: Question, state: str, values: dict[str, Any] | None = None) -> bool:
    still_open = update(Question).where(Question.id == question.id, Question.state == OPEN)
    return affected(still_open.values(state=state, **(values or {}))) == 1


def _keep_late(question: Question, said: Said) -> None:
    first = update(Question).where(Question.id == question.id, Question.late_at.is_(None))
    late = {"late_answer": said.choice[:300], "late_text": said.text[:5000], "late_at": said.at}
    affected(first.values(late))
