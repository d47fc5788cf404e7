"""A workflow action, once: HubSpot may call again at any moment and gets the same answer."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models.base import db, transaction
from plugin.models.installation import Installation
from plugin.models.job import plant
from plugin.models.sending import ANSWERED, COMPLETED, WORKING, ActionCall
from plugin.models.upsert import insert_or
from plugin.services import Outside

SUCCESS, FAIL_CONTINUE = "SUCCESS", "FAIL_CONTINUE"


class Execution(NamedTuple):
    """One call of an action. `inputs` are text; the contact is HubSpot's id."""

    callback_id: str
    portal_id: int
    contact_id: int
    inputs: Mapping[str, str]


class Answer(NamedTuple):
    """`outputs` for HubSpot, or `hold_until`: work is under way and a callback will follow."""

    state: str
    outputs: Mapping[str, str]
    hold_until: datetime | None = None


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
            return answer
    known = ActionCall.of_callback(installation.id, execution.callback_id)
    return answer_of(known) if known else failure("This execution is being worked on.")


def failure(error: str, result: str = "failed") -> Answer:
    """The contact goes on in the workflow; the history says why nothing was done."""
    return Answer(FAIL_CONTINUE, {"result": result, "error": error, "message_id": ""})


def settle(call: ActionCall, state: str, outputs: Mapping[str, str]) -> None:
    """The work is done: keep the outputs and owe the callback, in the caller's transaction."""
    if call.state != WORKING:
        return
    call.outputs = json.dumps({**outputs, "hs_execution_state": state})
    call.state = ANSWERED
    plant("complete_callbacks", call.installation_id, call.installation_id)


def outputs_of(call: ActionCall) -> dict[str, str]:
    """The kept outputs, `hs_execution_state` among them."""
    outputs: dict[str, str] = json.loads(call.outputs or "{}")
    return outputs


def answer_of(call: ActionCall) -> Answer:
    """What a repeated call is told: still held, or the outputs that were kept."""
    if call.state == WORKING:
        return Answer(SUCCESS, {}, call.expires_at)
    outputs = outputs_of(call)
    return Answer(outputs.pop("hs_execution_state", SUCCESS), outputs)


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
        "note": "",
    }
    statement = insert_or(ActionCall).values(row).on_conflict_do_nothing().returning(ActionCall.id)
    made = db.session.scalar(statement)
    if made is None:
        return None
    return db.session.scalars(select(ActionCall).where(ActionCall.id == made)).one()


def _remember(call: ActionCall, answer: Answer) -> None:
    if answer.hold_until is not None:
        call.blocked, call.expires_at = True, answer.hold_until
        return
    call.outputs = json.dumps({**answer.outputs, "hs_execution_state": answer.state})
    call.state, call.completed_at = COMPLETED, utcnow()
