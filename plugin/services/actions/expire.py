"""Forgotten executions end before HubSpot's own time-out."""

from datetime import timedelta

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.sending.action_call import ANSWERED, QUEUED, WORKING, ActionCall
from plugin.models.sending.question import Question
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.services.actions.ask_question import end_delivery
from plugin.services.actions.registry import ACTIONS
from plugin.services.executions.execution import FAIL_CONTINUE, complete
from plugin.services.executions.questions import time_out
from plugin.services.sending.deliver import LATE
from plugin.services.system.lost_work import enqueue_lost_work

BATCH_SIZE = 200
# HubSpot goes on by itself this long after us; the jobs' own timers end earlier still.
AHEAD = timedelta(minutes=2)
NOT_DONE = "Musubi did not come to this in time. Run the contact again."


def expire_calls() -> bool:
    """End a batch of overdue executions and enqueue missing jobs; True where more are left."""
    due = select(ActionCall).where(
        ActionCall.state.in_((QUEUED, WORKING)), ActionCall.expires_at < utcnow() + AHEAD
    )
    calls = list(db.session.scalars(due.order_by(ActionCall.expires_at).limit(BATCH_SIZE)))
    for call in calls:
        with transaction():
            _end(call)
    enqueue_lost_work()
    _enqueue_stuck()
    return len(calls) == BATCH_SIZE


def _end(call: ActionCall) -> None:
    end_delivery(call.id)
    question = Question.of_call(call.id)
    if question is not None:
        time_out(question)
    late = ACTIONS[call.action].late
    error = LATE if late == "expired" else NOT_DONE
    complete(call, FAIL_CONTINUE, {"result": late, "error": error})


def _enqueue_stuck() -> None:
    # The job may have been given up while its executions still wait.
    long_ago = utcnow() - AHEAD
    for kind, state, since in (
        ("complete_callbacks", ANSWERED, ActionCall.completed_at),
        ("run_taken", QUEUED, ActionCall.created_at),
    ):
        stuck = select(ActionCall.installation_id).where(
            ActionCall.state == state, since < long_ago
        )
        installations = list(db.session.scalars(stuck.distinct()))
        if installations:
            with transaction():
                for installation_id in installations:
                    enqueue(kind, installation_id, installation_id)
