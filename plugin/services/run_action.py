"""A workflow action, run once while HubSpot waits for the answer."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError, within
from plugin.models.base import db, repeated, transaction
from plugin.models.installation import ACTIVE, PAUSED, Installation
from plugin.models.job import plant, withdraw
from plugin.models.sending import WORKING, ActionCall
from plugin.models.upsert import insert_or
from plugin.services import Outside
from plugin.services.desk import Desk
from plugin.services.executions import (
    Action,
    Answer,
    Errand,
    Execution,
    answer_of,
    refusal,
    remember,
)
from plugin.services.take_action import take_action

log = structlog.get_logger()
# What a platform gets while HubSpot waits for our answer; HubSpot itself waits some 20 seconds.
BUDGET_SECONDS = 1.8
# A job that is tried at once comes due so much later, for the case that this process dies.
GUARD = timedelta(seconds=15)
# A person paused HubSpot: what its workflows ask for waits so long for her to go on.
PAUSE = timedelta(hours=24)
NOT_CONNECTED = "Musubi is not connected to this HubSpot account. Install it again."


@repeated
def run_action(outside: Outside, action: Action, execution: Execution) -> Answer:
    """Run `action` for this callback unless it ran before; answers what HubSpot is to be told."""
    installation = Installation.of_portal(execution.portal_id)
    if installation is None or installation.state not in (ACTIVE, PAUSED):
        return refusal(NOT_CONNECTED)
    known = ActionCall.of_callback(installation.id, execution.callback_id)
    if known is not None:
        return answer_of(known)
    if installation.state == PAUSED:
        return take_action(action, execution, PAUSE) or run_action(outside, action, execution)
    with transaction():
        call = _first(installation, action.name, execution)
        if call is not None:
            answer = action.run(Desk(outside, installation), call, execution.inputs)
            errand = remember(call, answer)
            if errand is not None:
                db.session.flush()
                delay = GUARD if errand.do else None
                plant(errand.kind, errand.owed.id, installation.id, delay=delay)
    if call is None:
        known = ActionCall.of_callback(installation.id, execution.callback_id)
        return answer_of(known) if known else refusal("This execution is being worked on.")
    if errand is None or errand.do is None:
        return answer
    _try_now(call, errand, errand.do)
    return answer_of(call)


def _first(installation: Installation, name: str, execution: Execution) -> ActionCall | None:
    """The new row, or None where another thread has just made it."""
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
    # Given apart from its values, the statement is put together only once.
    statement = insert_or(ActionCall).on_conflict_do_nothing().returning(ActionCall)
    made: ActionCall | None = db.session.scalar(statement, row)
    return made


def _try_now(call: ActionCall, errand: Errand, do: Callable[[int], datetime | None]) -> None:
    """One try within the budget; what does not end well is left to the job."""
    key = errand.owed.id
    try:
        with within(BUDGET_SECONDS):
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
            withdraw(errand.kind, key)
        else:
            delay = max(due - utcnow(), timedelta(0))
            plant(errand.kind, key, call.installation_id, delay=delay)
