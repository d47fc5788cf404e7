"""Executions of workflow actions, one for each enrolled contact.

States: QUEUED, RUNNING, RETRYING, BLOCKED, and at the end SUCCESS, FAIL_CONTINUE, FAILED (a 4xx
answer, or too many attempts) or EXPIRED (not completed in time: the workflow continues).
"""

from collections.abc import Iterator
from typing import Any

from plugin.sandbox.hubspot.pages.rendering import render_outputs
from plugin.sandbox.hubspot.workflows import definition
from plugin.sandbox.world import World

Value = dict[str, Any]
ENDED = ("SUCCESS", "FAIL_CONTINUE", "FAILED", "EXPIRED")
FIRST_ENROLLMENT = 2_300_000_000_001


def make(
    world: World, portal: int, action: str, contact_id: str, fields: dict[str, str], run: int
) -> Value:
    """Create an enrolment; its key is the callbackId, unique for ever."""
    enrollment = world.store.next_id("enrollment", FIRST_ENROLLMENT)
    callback_id = f"ap-{portal}-{enrollment}-1-0"
    execution: Value = {
        "callbackId": callback_id,
        "portal": portal,
        "run": run,
        "action": action,
        "contact": contact_id,
        "enrollment": enrollment,
        "fields": fields,
        "state": "QUEUED",
        "attempts": 0,
        "statuses": [],
        "outputs": {},
        "completed": 0,
        "started_at": world.clock.millis(),
        "answer_ms": None,
        "expires_at": None,
        "ended_at": None,
        "error": "",
    }
    return world.store.put("execution", callback_id, execution)


def find(world: World, callback_id: str) -> Value | None:
    """Return an execution; a block whose time is over becomes EXPIRED."""
    with world.store as store:
        execution = store.get("execution", callback_id)
        if (
            execution
            and execution["state"] == "BLOCKED"
            and execution["expires_at"] <= world.clock.millis()
        ):
            end(world, execution, "EXPIRED", {})
        return execution


def newest(world: World, portal: int | None = None, contact: str | None = None) -> Iterator[Value]:
    """Yield executions, newest first, one by one: there may be 50,000."""
    for key in reversed(world.store.keys("execution")):
        execution = find(world, key)
        if (
            execution
            and (portal is None or execution["portal"] == portal)
            and (contact is None or execution["contact"] == contact)
        ):
            yield execution


def end(
    world: World, execution: Value, state: str, outputs: dict[str, str], error: str = ""
) -> None:
    execution.update(state=state, outputs=outputs, error=error, ended_at=world.clock.millis())
    world.store.put("execution", execution["callbackId"], execution)
    if outputs.get("answer"):
        # For the tour on the home page.
        world.store.put("workflow_answered", execution["callbackId"], {"state": state})


def block(world: World, execution: Value, seconds: int) -> None:
    """Block the enrolment until a callback, or for `seconds`."""
    with world.store:
        if execution["state"] in ENDED:
            # The callback overtook the answer that asked to wait for it.
            return
        expires = world.clock.millis() + seconds * 1000
        execution.update(state="BLOCKED", expires_at=expires)
        world.store.put("execution", execution["callbackId"], execution)


def complete(world: World, callback_id: str, outputs: dict[str, str]) -> None:
    """Count a callback; the first one ends the execution."""
    with world.store as store:
        execution = store.get("execution", callback_id) or {}
        execution["completed"] += 1
        if execution["completed"] == 1:
            end(world, execution, outputs.get("hs_execution_state", "SUCCESS"), outputs)
        store.put("execution", callback_id, execution)


def line(world: World, execution: Value, language: str) -> str:
    """Return the history's text: the message of the first execution rule that matches."""
    action = definition.action(world.config, execution["action"])
    if action is None or execution["state"] not in ("SUCCESS", "FAIL_CONTINUE"):
        return str(execution["error"])
    messages = definition.labels(action, language).get("executionRules", {})
    # Order matters: the first rule that matches wins.
    for rule in action.get("executionRules", []):
        if _matches(rule["conditions"], execution["outputs"]):
            return render_outputs(messages.get(rule["labelName"], ""), execution["outputs"])
    return ""


def _matches(conditions: Value, outputs: dict[str, str]) -> bool:
    allowed = {k: v if isinstance(v, list) else [v] for k, v in conditions.items()}
    return all(outputs.get(name) in values for name, values in allowed.items())
