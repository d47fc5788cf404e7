"""Executions that were forgotten are ended while HubSpot still listens."""

from datetime import timedelta

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models.base import db, transaction
from plugin.models.job import plant
from plugin.models.question import Question
from plugin.models.sending import ANSWERED, TAKEN, WORKING, ActionCall
from plugin.services.answer_question import time_out
from plugin.services.close_question import end_delivery
from plugin.services.deliver import LATE
from plugin.services.executions import FAIL_CONTINUE, settle
from plugin.services.run_taken import ACTIONS

PIECE = 200
# So long before HubSpot goes on by itself; the jobs' own timers end earlier still.
AHEAD = timedelta(minutes=2)
UNDONE = "Musubi did not come to this in time. Run the contact again."


def sweep_calls() -> bool:
    """End one piece of what ran out of time, and owe what nobody owes; True: more."""
    due = select(ActionCall).where(
        ActionCall.state.in_((TAKEN, WORKING)), ActionCall.expires_at < utcnow() + AHEAD
    )
    found = list(db.session.scalars(due.order_by(ActionCall.expires_at).limit(PIECE)))
    for call in found:
        with transaction():
            _end(call)
    _owe_the_rest()
    return len(found) == PIECE


def _end(call: ActionCall) -> None:
    end_delivery(call.id)
    question = Question.of_call(call.id)
    if question is not None:
        time_out(question)
    late = ACTIONS[call.action].late
    error = LATE if late == "expired" else UNDONE
    settle(call, FAIL_CONTINUE, {"result": late, "error": error})


def _owe_the_rest() -> None:
    """What is answered is completed, and what is taken is run, also where the job was lost."""
    long_ago = utcnow() - AHEAD
    for kind, state, since in (
        ("complete_callbacks", ANSWERED, ActionCall.completed_at),
        ("run_taken", TAKEN, ActionCall.created_at),
    ):
        stuck = select(ActionCall.installation_id).where(
            ActionCall.state == state, since < long_ago
        )
        installations = list(db.session.scalars(stuck.distinct()))
        if installations:
            with transaction():
                for installation_id in installations:
                    plant(kind, installation_id, installation_id)
