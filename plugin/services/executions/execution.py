"""An execution of a workflow action: HubSpot's call and the answer to it. HubSpot may repeat a call
at any moment with the same `callbackId`, and gets the same answer."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import case, update
from sqlalchemy.orm.attributes import set_committed_value

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.sending.action_call import (
    ANSWERED,
    COMPLETED,
    QUEUED,
    WORKING,
    ActionCall,
    EndedExecution,
    end_all,
)
from plugin.models.sending.delivery import Delivery
from plugin.models.system.job import enqueue
from plugin.models.transaction import affected, transaction

SUCCESS, FAIL_CONTINUE = "SUCCESS", "FAIL_CONTINUE"
NO_CONTACT = "This workflow enrols {} records. Musubi works for contacts: use a contact workflow."
# HubSpot holds the contact this long.
HOLD = timedelta(hours=1)


class Execution(NamedTuple):
    """One call of an action. `other_object`: the type of an enrolled record that is no contact;
    `contact_id` (HubSpot's) is its id then."""

    callback_id: str
    portal_id: int
    contact_id: int
    inputs: Mapping[str, str]
    other_object: str = ""


class FollowUp(NamedTuple):
    """A job for a row's id. `do` runs it while HubSpot waits, unless other jobs are ahead: it takes
    the id and returns when to go on, or None for done. `at`: not before then."""

    kind: str
    row: ActionCall | Delivery
    do: Callable[[int], datetime | None] | None = None
    at: datetime | None = None


class Answer(NamedTuple):
    """`outputs` for HubSpot, or `hold_until`: work is under way and a callback will follow."""

    state: str
    outputs: Mapping[str, str]
    hold_until: datetime | None = None
    follow_up: FollowUp | None = None


def refusal(error: str) -> Answer:
    """Return the answer of an execution that could not run, in outputs that every action has."""
    return Answer(FAIL_CONTINUE, {"result": "failed", "error": error})


def refused_object(execution: Execution) -> Answer | None:
    """Return the answer for a workflow about deals, companies, tickets ...; None for contacts."""
    if not execution.other_object:
        return None
    return refusal(NO_CONTACT.format(execution.other_object))


def failure(error: str, result: str = "failed") -> Answer:
    """Let the contact go on in the workflow, with the reason in its history."""
    return Answer(FAIL_CONTINUE, {"result": result, "error": error, "message_id": ""})


def complete(call: ActionCall, state: str, outputs: Mapping[str, str]) -> bool:
    """Store the outputs, inside the caller's transaction, and enqueue the callback if HubSpot
    waits; False where it was complete before."""
    stored = json.dumps({**outputs, "hs_execution_state": state})
    values = {
        "outputs": stored,
        "inputs": None,
        "result": outputs.get("result", "")[:40],
        "state": case((ActionCall.blocked, ANSWERED), else_=COMPLETED),
        "completed_at": utcnow(),
    }
    under_way = ActionCall.state.in_((QUEUED, WORKING))
    working = update(ActionCall).where(ActionCall.id == call.id, under_way)
    ended = working.values(values).returning(ActionCall.blocked)
    # The row tells whether HubSpot waits: a repeated call may be told so at this very moment.
    waited = db.session.scalar(ended, execution_options={"synchronize_session": False})
    if waited is None:
        return False
    set_committed_value(call, "outputs", stored)
    set_committed_value(call, "state", ANSWERED if waited else COMPLETED)
    if waited:
        enqueue("complete_callbacks", call.installation_id, call.installation_id)
    return True


def complete_all(ends: Sequence[tuple[ActionCall, str, Mapping[str, str]]]) -> None:
    """Do the same for many executions, each with its state and outputs, with few statements."""
    by_id = {
        call.id: (call, json.dumps({**outputs, "hs_execution_state": state}), outputs)
        for call, state, outputs in ends
    }
    rows = [
        EndedExecution(call_id, stored, outputs.get("result", "")[:40])
        for call_id, (_, stored, outputs) in by_id.items()
    ]
    ended = end_all(rows, utcnow()) if rows else {}
    for call_id, waited in ended.items():
        call, stored, _ = by_id[call_id]
        set_committed_value(call, "outputs", stored)
        set_committed_value(call, "state", ANSWERED if waited else COMPLETED)
    waiting = {by_id[call_id][0].installation_id for call_id, waited in ended.items() if waited}
    for installation_id in sorted(waiting):
        enqueue("complete_callbacks", installation_id, installation_id)


def outputs_of(call: ActionCall) -> dict[str, str]:
    """Return the stored outputs, `hs_execution_state` among them."""
    outputs: dict[str, str] = json.loads(call.outputs or "{}")
    return outputs


def clear_output(call: ActionCall, name: str) -> None:
    if call.outputs:
        call.outputs = json.dumps({**json.loads(call.outputs), name: ""})


def answer_of(call: ActionCall) -> Answer:
    if call.state == QUEUED:
        return Answer(SUCCESS, {}, call.expires_at)
    if call.state == WORKING and (call.blocked or _mark_blocked(call)):
        return Answer(SUCCESS, {}, call.expires_at)
    outputs = outputs_of(call)
    return Answer(outputs.pop("hs_execution_state", SUCCESS), outputs)


def time_until(moment: datetime | None) -> timedelta | None:
    return max(moment - utcnow(), timedelta(0)) if moment else None


def _mark_blocked(call: ActionCall) -> bool:
    # The execution may complete before HubSpot is told to wait.
    working = update(ActionCall).where(ActionCall.id == call.id, ActionCall.state == WORKING)
    with transaction() as session:
        blocked = affected(working.values(blocked=True)) == 1
        if not blocked:
            session.refresh(call)
    return blocked


def store_answer(call: ActionCall, answer: Answer) -> FollowUp | None:
    """Store an execution's answer, inside the caller's transaction; return the job to enqueue."""
    follow_up, deadline = answer.follow_up, call.expires_at if call.blocked else None
    call.inputs = None
    if answer.hold_until is not None:
        call.blocked = call.blocked or follow_up is None or follow_up.do is None
        # HubSpot waits no longer than it was told first.
        call.expires_at = min(deadline or answer.hold_until, answer.hold_until)
        return follow_up
    call.outputs = json.dumps({**answer.outputs, "hs_execution_state": answer.state})
    call.result = answer.outputs.get("result", "")[:40]
    call.state, call.completed_at = ANSWERED if call.blocked else COMPLETED, utcnow()
    return follow_up


NOT_LINKED = "This contact is not linked with a LINE friend of the Official Account."
BLOCKS = "The friend blocks the Official Account."
