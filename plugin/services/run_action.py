"""A workflow action, once: HubSpot may call again at any moment and gets the same answer."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import case, update
from sqlalchemy.orm.attributes import set_committed_value

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError, within
from plugin.models.base import affected, db, transaction
from plugin.models.installation import Installation
from plugin.models.job import plant, withdraw
from plugin.models.sending import ANSWERED, COMPLETED, WORKING, ActionCall
from plugin.models.upsert import insert_or
from plugin.services import Outside

log = structlog.get_logger()
SUCCESS, FAIL_CONTINUE = "SUCCESS", "FAIL_CONTINUE"
# What a platform gets while HubSpot waits for our answer; HubSpot itself waits some 20 seconds.
BUDGET_SECONDS = 1.8
# A job that is tried at once comes due so much later, for the case that this process dies.
GUARD = timedelta(seconds=15)


class Execution(NamedTuple):
    """One call of an action. `inputs` are text; the contact is HubSpot's id."""

    callback_id: str
    portal_id: int
    contact_id: int
    inputs: Mapping[str, str]


class Errand(NamedTuple):
    """A job that an action owes.

    `do` is its step, given where nobody stands before it, so that it may be tried while HubSpot
    waits; it answers None for done, or when to go on.
    """

    kind: str
    key: int
    do: Callable[[], datetime | None] | None = None


class Answer(NamedTuple):
    """`outputs` for HubSpot, or `hold_until`: work is under way and a callback will follow."""

    state: str
    outputs: Mapping[str, str]
    hold_until: datetime | None = None
    errand: Errand | None = None


# An action does its work inside the caller's transaction and answers.
Action = Callable[[Outside, Installation, ActionCall, Mapping[str, str]], Answer]


def run_action(outside: Outside, name: str, action: Action, execution: Execution) -> Answer:
    """Run `action` for this callback unless it ran before; answers what HubSpot is to be told."""
    installation = Installation.of_portal(execution.portal_id)
    if installation is None or not installation.is_alive:
        return failure("Musubi is not connected to this HubSpot account. Install it again.")
    known = ActionCall.of_callback(installation.id, execution.callback_id)
    if known is not None:
        return answer_of(known)
    with transaction():
        call = _first(installation, name, execution)
        if call is not None:
            answer = action(outside, installation, call, execution.inputs)
            _remember(call, answer)
    if call is None:
        known = ActionCall.of_callback(installation.id, execution.callback_id)
        return answer_of(known) if known else failure("This execution is being worked on.")
    if answer.errand is None or answer.errand.do is None:
        return answer
    _try_now(call, answer.errand, answer.errand.do)
    return answer_of(call)


def failure(error: str, result: str = "failed") -> Answer:
    """The contact goes on in the workflow; the history says why nothing was done."""
    return Answer(FAIL_CONTINUE, {"result": result, "error": error, "message_id": ""})


def settle(call: ActionCall, state: str, outputs: Mapping[str, str]) -> bool:
    """The work is done: keep the outputs, in the caller's transaction; False: it was before.

    Where HubSpot was told to wait, a callback is owed. Whether it was is asked of the row, since
    a repeated call may be told so at this very moment.
    """
    kept = json.dumps({**outputs, "hs_execution_state": state})
    values = {
        "outputs": kept,
        "result": outputs.get("result", "")[:40],
        "state": case((ActionCall.blocked, ANSWERED), else_=COMPLETED),
        "completed_at": utcnow(),
    }
    working = update(ActionCall).where(ActionCall.id == call.id, ActionCall.state == WORKING)
    ended = working.values(values).returning(ActionCall.blocked)
    waited = db.session.scalar(ended, execution_options={"synchronize_session": False})
    if waited is None:
        return False
    set_committed_value(call, "outputs", kept)
    set_committed_value(call, "state", ANSWERED if waited else COMPLETED)
    if waited:
        plant("complete_callbacks", call.installation_id, call.installation_id)
    return True


def outputs_of(call: ActionCall) -> dict[str, str]:
    """The kept outputs, `hs_execution_state` among them."""
    outputs: dict[str, str] = json.loads(call.outputs or "{}")
    return outputs


def answer_of(call: ActionCall) -> Answer:
    """What a repeated call is told: hold on, or the outputs that were kept."""
    if call.state == WORKING and (call.blocked or _hold(call)):
        return Answer(SUCCESS, {}, call.expires_at)
    outputs = outputs_of(call)
    return Answer(outputs.pop("hs_execution_state", SUCCESS), outputs)


def _hold(call: ActionCall) -> bool:
    """HubSpot is about to be told to wait; False where the end came first."""
    working = update(ActionCall).where(ActionCall.id == call.id, ActionCall.state == WORKING)
    with transaction() as session:
        held = affected(working.values(blocked=True)) == 1
        if not held:
            session.refresh(call)
    return held


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


def _remember(call: ActionCall, answer: Answer) -> None:
    errand = answer.errand
    if errand is not None:
        delay = GUARD if errand.do else None
        plant(errand.kind, errand.key, call.installation_id, delay=delay)
    if answer.hold_until is not None:
        call.blocked = errand is None or errand.do is None
        call.expires_at = answer.hold_until
        return
    call.outputs = json.dumps({**answer.outputs, "hs_execution_state": answer.state})
    call.result = answer.outputs.get("result", "")[:40]
    call.state, call.completed_at = COMPLETED, utcnow()


def _try_now(call: ActionCall, errand: Errand, do: Callable[[], datetime | None]) -> None:
    """One try within the budget; what does not end well is left to the job."""
    try:
        with within(BUDGET_SECONDS):
            due = do()
    except GatewayError as error:
        db.session.rollback()
        due = error.retry_at or utcnow()
    except Exception:
        db.session.rollback()
        log.exception("action_failed", action=call.action)
        due = utcnow()
    with transaction():
        if due is None:
            withdraw(errand.kind, errand.key)
        else:
            delay = max(due - utcnow(), timedelta(0))
            plant(errand.kind, errand.key, call.installation_id, delay=delay)
