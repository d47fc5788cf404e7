"""How a question ends: answered, timed out, or never sent. Each end is one conditional update, so
only the first counts; a later answer is stored beside it, as late."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, update

from plugin.core.messages.questions import meant_choice, read_tap
from plugin.models.base import db
from plugin.models.people.friend import Friend
from plugin.models.sending.delivery import Delivery
from plugin.models.sending.question import ANSWERED, OPEN, TIMED_OUT, UNSENT, Question
from plugin.models.transaction import affected
from plugin.services.executions.execution import FAIL_CONTINUE, SUCCESS, clear_output, complete
from plugin.services.outgoing.facts import answer_given

# A typed word counts as a late answer no longer than this: after that it means something else.
TYPED_LATE = timedelta(days=7)
# Of several open questions, the newest whose choices fit is answered.
OPEN_AT_ONCE = 10


class ReceivedAnswer(NamedTuple):
    """The choice that an answer stands for, and the words it came in."""

    choice: str
    text: str
    at: datetime


def accept_answer(friend: Friend, event: dict[str, Any], at: datetime) -> None:
    """Store a LINE event that answers a question, inside the caller's transaction."""
    if event.get("type") == "postback":
        _accept_tap(friend, str((event.get("postback") or {}).get("data") or ""), at)
    elif event.get("type") == "message":
        message = event.get("message") or {}
        if message.get("type") == "text":
            _accept_text(friend, str(message.get("text") or ""), at)


def time_out(question: Question) -> None:
    """End an open question unanswered, inside the caller's transaction."""
    if _end(question, TIMED_OUT):
        complete(question.action_call, SUCCESS, outcome("timed_out"))


def question_ended(delivery: Delivery, state: str, result: str, error: str) -> None:
    """End a question that LINE did not deliver, inside the caller's transaction."""
    if state == SUCCESS or delivery.action_call is None:
        return
    question = Question.of_call(delivery.action_call.id)
    # The friend may have tapped a choice although LINE's response to the send was lost.
    if question is not None and _end(question, UNSENT):
        complete(delivery.action_call, FAIL_CONTINUE, outcome(result, error=error))


def erase_typed_answer(friend: Friend, typed: str, at: datetime) -> None:
    """Erase an answer's words that the friend unsent, but not the choice, inside the caller's
    transaction. `at` is the message event's own time."""
    words = typed[:5000]
    questions = select(Question).where(Question.friend_id == friend.id)
    answered = questions.where(Question.answered_at == at, Question.answer_text == words)
    for question in db.session.scalars(answered.execution_options(populate_existing=True)):
        question.answer_text = ""
        clear_output(question.action_call, "answer_text")
    late = update(Question).where(
        Question.friend_id == friend.id, Question.late_at == at, Question.late_text == words
    )
    db.session.execute(late.values(late_text=""))


def _accept_tap(friend: Friend, data: str, at: datetime) -> None:
    tap = read_tap(data)
    question = Question.of_reference(tap.reference) if tap else None
    # Only the friend who was asked can answer, whatever others send.
    if tap is None or question is None or question.friend_id != friend.id:
        return
    if tap.choice < len(question.choices):
        choice = question.choices[tap.choice]
        _answer(question, ReceivedAnswer(choice, choice, at))


def _accept_text(friend: Friend, typed: str, at: datetime) -> None:
    for question in Question.of_friend(friend.id, (OPEN,), OPEN_AT_ONCE):
        choice = meant_choice(typed, question.choices)
        if choice is not None and _was_sent(question, at):
            _answer(question, ReceivedAnswer(choice, typed, at))
            return
    for question in Question.of_friend(friend.id, (TIMED_OUT, UNSENT), 1):
        choice = meant_choice(typed, question.choices)
        in_time = at - question.closes_at < TYPED_LATE
        if choice is not None and in_time and _was_sent(question, at):
            _store_late(question, ReceivedAnswer(choice, typed, at))


def _was_sent(question: Question, at: datetime) -> bool:
    # Words from before the question mean something else.
    delivery = Delivery.of_call(question.action_call_id)
    tried = delivery.first_tried_at if delivery is not None else None
    return tried is not None and tried <= at


def _answer(question: Question, answer: ReceivedAnswer) -> None:
    # The time-out job may be behind.
    if answer.at > question.closes_at:
        time_out(question)
    values = {
        "answer": answer.choice[:300], "answer_text": answer.text[:5000], "answered_at": answer.at
    }  # fmt: skip
    if _end(question, ANSWERED, values):
        complete(question.action_call, SUCCESS, outcome("answered", answer.choice, answer.text))
        answer_given(question, answer.choice, answer.at, late=False)
    elif _refreshed(question).state in (TIMED_OUT, UNSENT):
        _store_late(question, answer)


def _refreshed(question: Question) -> Question:
    # Another transaction may have ended it since it was read.
    db.session.refresh(question)
    return question


def _end(question: Question, state: str, values: dict[str, Any] | None = None) -> bool:
    still_open = update(Question).where(Question.id == question.id, Question.state == OPEN)
    return affected(still_open.values(state=state, **(values or {}))) == 1


def _store_late(question: Question, answer: ReceivedAnswer) -> None:
    first = update(Question).where(Question.id == question.id, Question.late_at.is_(None))
    late = {
        "late_answer": answer.choice[:300],
        "late_text": answer.text[:5000],
        "late_at": answer.at,
    }
    if affected(first.values(late)):
        answer_given(question, answer.choice, answer.at, late=True)


def outcome(result: str, answer: str = "", text: str = "", error: str = "") -> dict[str, str]:
    return {"result": result, "answer": answer, "answer_text": text, "error": error}
