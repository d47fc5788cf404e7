"""An execution of a workflow action: what HubSpot asks, and what it is to be told.

HubSpot may call again at any moment, with the same `callbackId`, and gets the same answer.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import case, update
from sqlalchemy.orm.attributes import set_committed_value

from plugin.core.clock import utcnow
from plugin.models.base import affected, db, transaction
from plugin.models.job import plant
from plugin.models.sending import ANSWERED, COMPLETED, TAKEN, WORKING, ActionCall, Delivery
from plugin.services.desk import Desk

SUCCESS, FAIL_CONTINUE = "SUCCESS", "FAIL_CONTINUE"
# How long HubSpot is told to hold the contact.
HOLD = timedelta(hours=1)


class Execution(NamedTuple):
    """One call of an action. `inputs` are text; the contact is HubSpot's id."""

    callback_id: str
    portal_id: int
    contact_id: int
    inputs: Mapping[str, str]


class Errand(NamedTuple):
    """A job that an action owes on a row's id.

    `do` is its step, given where nobody stands before it, so that it may be tried while HubSpot
    waits; it takes the id and answers None for done, or when to go on.
    """

    kind: str
    owed: ActionCall | Delivery
    do: Callable[[int], datetime | None] | None = None


class Answer(NamedTuple):
    """`outputs` for HubSpot, or `hold_until`: work is under way and a callback will follow."""

    state: str
    outputs: Mapping[str, str]
    hold_until: datetime | None = None
    errand: Errand | None = None


class Action(NamedTuple):
    """A workflow action. `run` does its work inside the caller's transaction and answers.

    `hold` says how long HubSpot is to wait where the execution is only taken down. `late` is the
    result of one that was not done in time: only what asks LINE promises `expired`.
    """

    name: str
    run: Callable[[Desk, ActionCall, Mapping[str, str]], Answer]
    hold: Callable[[Mapping[str, str]], timedelta] = lambda _: HOLD
    late: str = "failed"


def refusal(error: str) -> Answer:
    """What any action answers that could not be run; it names no output that only some have."""
    return Answer(FAIL_CONTINUE, {"result": "failed", "error": error})


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
    under_way = ActionCall.state.in_((TAKEN, WORKING))
    working = update(ActionCall).where(ActionCall.id == call.id, under_way)
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
    if call.state == TAKEN:
        return Answer(SUCCESS, {}, call.expires_at)
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


def remember(call: ActionCall, answer: Answer) -> Errand | None:
    """Keep what came of an execution, inside the caller's transaction; answers what is owed.

    HubSpot may have been told to wait already, and no longer than it was told.
    """
    errand, told = answer.errand, call.expires_at if call.blocked else None
    call.inputs = None
    if answer.hold_until is not None:
        call.blocked = call.blocked or errand is None or errand.do is None
        call.expires_at = min(told or answer.hold_until, answer.hold_until)
        return errand
    call.outputs = json.dumps({**answer.outputs, "hs_execution_state": answer.state})
    call.result = answer.outputs.get("result", "")[:40]
    call.state, call.completed_at = ANSWERED if call.blocked else COMPLETED, utcnow()
    return errand
