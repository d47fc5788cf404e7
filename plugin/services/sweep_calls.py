"""Executions that were forgotten are ended while HubSpot still listens."""

from datetime import timedelta

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models.base import db, transaction
from plugin.models.job import plant
from plugin.models.question import Question
from plugin.models.sending import ANSWERED, WORKING, ActionCall, Delivery
from plugin.services.answer_question import time_out
from plugin.services.deliver import LATE, give_up
from plugin.services.run_action import FAIL_CONTINUE, settle

PIECE = 200
# So long before HubSpot goes on by itself; the jobs' own timers end earlier still.
AHEAD = timedelta(minutes=2)


def sweep_calls() -> bool:
    """End one piece of what ran out of time, and owe callbacks that nobody owes; True: more."""
    due = select(ActionCall).where(
        ActionCall.state == WORKING, ActionCall.expires_at < utcnow() + AHEAD
    )
    found = list(db.session.scalars(due.order_by(ActionCall.expires_at).limit(PIECE)))
    for call in found:
        with transaction():
            _end(call)
    _owe_callbacks()
    return len(found) == PIECE


def _end(call: ActionCall) -> None:
    delivery = Delivery.of_call(call.id)
    if delivery is not None and not delivery.is_settled:
        give_up(delivery, LATE, "expired")
    question = Question.of_call(call.id)
    if question is not None:
        time_out(question)
    settle(call, FAIL_CONTINUE, {"result": "expired", "error": LATE})


def _owe_callbacks() -> None:
    """An answered execution has a job to complete it, unless somebody threw the job away."""
    long_ago = utcnow() - AHEAD
    stuck = select(ActionCall.installation_id).where(
        ActionCall.state == ANSWERED, ActionCall.completed_at < long_ago
    )
    installations = list(db.session.scalars(stuck.distinct()))
    if installations:
        with transaction():
            for installation_id in installations:
                plant("complete_callbacks", installation_id, installation_id)
