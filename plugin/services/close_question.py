"""A question's time is over: nobody answered, or LINE never took it."""

from datetime import datetime

from plugin.core.clock import utcnow
from plugin.models.base import transaction
from plugin.models.question import OPEN, Question
from plugin.models.sending import Delivery
from plugin.services.answer_question import time_out
from plugin.services.deliver import end_late


def close_question(question_id: int) -> datetime | None:
    """The time-out, by a job of its own, before HubSpot's: the moment, where it came too early."""
    question = Question.by_id(question_id)
    if question is None or question.state != OPEN:
        return None
    if utcnow() < question.closes_at:
        return question.closes_at
    with transaction():
        end_delivery(question.action_call_id)
        time_out(question)
    return None


def end_delivery(call_id: int) -> None:
    """What an execution still has to send is not sent any more, inside the caller's transaction.

    Whom a question never reached did not leave it unanswered: so this comes before the time-out.
    """
    delivery = Delivery.of_call(call_id)
    if delivery is not None and not delivery.is_settled:
        end_late(delivery)
