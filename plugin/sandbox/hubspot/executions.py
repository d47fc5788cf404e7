"""Executions of workflow actions: what became of each enrolled contact.

States: QUEUED, RUNNING, RETRYING, BLOCKED, and at the end SUCCESS, FAIL_CONTINUE, FAILED (a 4xx
answer, or too many tries) or EXPIRED (nobody completed the block: the workflow just goes on).
"""

from collections.abc import Iterator
from typing import Any

from plugin.sandbox.hubspot import definition
from plugin.sandbox.hubspot.rendering import render_outputs
from plugin.sandbox.world import World

Value = dict[str, Any]
ENDED = ("SUCCESS", "FAIL_CONTINUE", "FAILED", "EXPIRED")
FIRST_ENROLLMENT = 2_300_000_000_001


def make(
    world: World, portal: int, action: str, contact_id: str, fields: dict[str, str], run: int
) -> Value:
    """A fresh enrolment; its key is the callbackId, unique for ever."""
    enrollment = world.store.next_id("enrollment", FIRST_ENROLLMENT)
    callback_id = f"ap-{portal}-{enrollment}-1-0"
    made: Value = {
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
    return world.store.put("execution", callback_id, made)


def find(world: World, callback_id: str) -> Value | None:
    """An execution as it stands now: a block whose time is over has expired."""
    with world.store as store:
        found = store.get("execution", callback_id)
        if found and found["state"] == "BLOCKED" and found["expires_at"] <= world.clock.millis():
            end(world, found, "EXPIRED", {})
        return found


def newest(world: World, portal: int | None = None, contact: str | None = None) -> Iterator[Value]:
    """Executions, newest first, looked up one by one: there may be 50,000."""
    for key in reversed(world.store.keys("execution")):
        one = find(world, key)
        if (
            one
            and (portal is None or one["portal"] == portal)
            and (contact is None or one["contact"] == contact)
        ):
            yield one


def end(
    world: World, execution: Value, state: str, outputs: dict[str, str], error: str = ""
) -> None:
    """Close an execution."""
    execution.update(state=state, outputs=outputs, error=error, ended_at=world.clock.millis())
    world.store.put("execution", execution["callbackId"], execution)
    if outputs.get("answer"):
        # For the tour on the home page.
        world.store.put("workflow_answered", execution["callbackId"], {"state": state})


def block(world: World, execution: Value, seconds: int) -> None:
    """Hold the enrolment until a callback or until `seconds` are over."""
    with world.store:
        if execution["state"] in ENDED:
            # The callback overtook the answer that asked to wait for it.
            return
        expires = world.clock.millis() + seconds * 1000
        execution.update(state="BLOCKED", expires_at=expires)
        world.store.put("execution", execution["callbackId"], execution)


def complete(world: World, callback_id: str, outputs: dict[str, str]) -> None:
    """A callback: the first one ends the execution, all are counted."""
    with world.store as store:
        execution = store.get("execution", callback_id) or {}
        execution["completed"] += 1
        if execution["completed"] == 1:
            end(world, execution, outputs.get("hs_execution_state", "SUCCESS"), outputs)
        store.put("execution", callback_id, execution)


def line(world: World, execution: Value, language: str) -> str:
    """What the workflow's history says: the message of the first execution rule that matches."""
    action = definition.action(world.config, execution["action"])
    if action is None or execution["state"] not in ("SUCCESS", "FAIL_CONTINUE"):
        return str(execution["error"])
    messages = definition.labels(action, language).get("executionRules", {})
    # Order matters: the first rule that matches speaks.
    for rule in action.get("executionRules", []):
        if _matches(rule["conditions"], execution["outputs"]):
            return render_outputs(messages.get(rule["labelName"], ""), execution["outputs"])
    return ""


def _matches(conditions: Value, outputs: dict[str, str]) -> bool:
    wanted = {k: v if isinstance(v, list) else [v] for k, v in conditions.items()}
    return all(outputs.get(name) in values for name, values in wanted.items())
