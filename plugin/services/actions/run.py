"""One workflow action, run while HubSpot waits for the answer."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError, within
from plugin.models.base import db
from plugin.models.connections.installation import ACTIVE, PAUSED, Installation
from plugin.models.sending.action_call import WORKING, ActionCall
from plugin.models.sql import insert_or
from plugin.models.system.fence import Hold, under
from plugin.models.system.job import cancel, enqueue
from plugin.models.transaction import retried, transaction
from plugin.services import Dependencies
from plugin.services.actions.context import Action, ActionContext
from plugin.services.actions.queue import queue_execution
from plugin.services.executions.execution import (
    Answer,
    Execution,
    FollowUp,
    answer_of,
    refusal,
    refused_object,
    store_answer,
    time_until,
)

log = structlog.get_logger()
# A platform's share of the time; HubSpot itself waits some 20 seconds for our answer.
BUDGET_SECONDS = 1.8
# The job of a follow-up tried at once is delayed this long: it takes over if the process dies.
GUARD, GUARD_MARGIN = timedelta(seconds=15), 10.0
# While a person has paused HubSpot, its executions wait this long for the pause to end.
PAUSE = timedelta(hours=24)
NOT_CONNECTED = "Musubi is not connected to this HubSpot account. Install it again."


@retried
def run_action(deps: Dependencies, action: Action, execution: Execution) -> Answer:
    """Run `action` unless this callback ran before; return the answer for HubSpot."""
    return refused_object(execution) or _run_of_contact(deps, action, execution)


def _run_of_contact(deps: Dependencies, action: Action, execution: Execution) -> Answer:
    installation = Installation.of_portal(execution.portal_id)
    if installation is None or installation.state not in (ACTIVE, PAUSED):
        return refusal(NOT_CONNECTED)
    known = ActionCall.of_callback(installation.id, execution.callback_id)
    if known is not None:
        return answer_of(known)
    if installation.sends_wait:
        return queue_execution(action, execution, PAUSE) or run_action(deps, action, execution)
    with transaction():
        call = _insert_call(installation, action.name, execution)
        if call is not None:
            answer = action.run(ActionContext(deps, installation), call, execution.inputs)
            follow_up = store_answer(call, answer)
            if follow_up is not None:
                db.session.flush()
                delay = GUARD if follow_up.do else time_until(follow_up.at)
                enqueue(follow_up.kind, follow_up.row.id, installation.id, delay=delay)
    if call is None:
        known = ActionCall.of_callback(installation.id, execution.callback_id)
        return answer_of(known) if known else refusal("This execution is being worked on.")
    if follow_up is None or follow_up.do is None:
        return answer
    _try_now(call, follow_up, follow_up.do)
    return answer_of(call)


def _insert_call(installation: Installation, name: str, execution: Execution) -> ActionCall | None:
    row = {
        "installation_id": installation.id,
        "callback_id": execution.callback_id,
        "action": name,
        "contact_id": execution.contact_id,
        "created_at": utcnow(),
        "state": WORKING,
        "blocked": False,
        "result": "",
        "note": "",
    }
    # With the values passed separately, the statement is compiled only once.
    statement = insert_or(ActionCall).on_conflict_do_nothing().returning(ActionCall)
    # No row comes back where another thread has just inserted it.
    call: ActionCall | None = db.session.scalar(statement, row)
    return call


def _try_now(call: ActionCall, follow_up: FollowUp, do: Callable[[int], datetime | None]) -> None:
    key = follow_up.row.id
    try:
        # If this process stalls, the job takes over and this try starts nothing more.
        with within(BUDGET_SECONDS), under(Hold(GUARD.total_seconds(), GUARD_MARGIN)):
            due = do(key)
    except GatewayError as error:
        db.session.rollback()
        due = error.retry_at or utcnow()
    except Exception:
        db.session.rollback()
        log.exception("action_failed", action=call.action)
        due = utcnow()
    with transaction():
        if due is None:
            cancel(follow_up.kind, key)
        else:
            delay = time_until(due)
            enqueue(follow_up.kind, key, call.installation_id, delay=delay)
