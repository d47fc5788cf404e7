"""Running workflow actions: HubSpot calls the app and applies its answer."""

import json
import time
from collections.abc import Iterable
from typing import Any

import urllib3

from plugin.sandbox.hubspot import records, times
from plugin.sandbox.hubspot.later import run_later
from plugin.sandbox.hubspot.pages.rendering import render
from plugin.sandbox.hubspot.switches import switches
from plugin.sandbox.hubspot.workflows import definition, executions
from plugin.sandbox.hubspot.workflows.signing import action_headers
from plugin.sandbox.world import World

Value = dict[str, Any]
FIRST_WORKFLOW = 1_700_000_000


def enroll(
    world: World, portal: int, action: Value, contact_ids: Iterable[str], inputs: dict[str, str]
) -> list[str]:
    """Create an execution for each contact that exists; return their callbackIds. Nothing is
    called."""
    run = world.store.next_id("run")
    callback_ids = []
    for contact_id in contact_ids:
        contact = records.find(world, portal, contact_id)
        if contact:
            # Rendered now and kept, so that a repeated call has the same body.
            fields = _fields(action, inputs, contact["properties"])
            execution = executions.make(world, portal, action["uid"], contact["id"], fields, run)
            callback_ids.append(str(execution["callbackId"]))
    return callback_ids


def _fields(action: Value, inputs: dict[str, str], properties: dict[str, str]) -> dict[str, str]:
    # The app gets values rendered; empty inputs are left out.
    fields = {}
    for field in action["inputFields"]:
        text = render(str(inputs.get(field["name"], "")), properties)
        if text:
            fields[field["name"]] = text
    return fields


def start(world: World, callback_ids: Iterable[str]) -> None:
    for callback_id in callback_ids:
        world.background.submit(attempt, world, callback_id)


def resume(world: World) -> None:
    # After a restart, continue what was running, as HubSpot would.
    for callback_id in world.store.keys("execution"):
        execution = world.store.get("execution", callback_id) or {}
        if execution["state"] in ("QUEUED", "RUNNING", "RETRYING"):
            run_later(world, 1, attempt, world, callback_id)


def attempt(world: World, callback_id: str) -> None:
    """Call the app once for an execution, and apply the answer."""
    execution = executions.find(world, callback_id)
    if execution is None or execution["state"] in executions.ENDED:
        return
    # Not written to the file: after a restart the call counts as not made, and is repeated.
    execution.update(state="RUNNING", attempts=execution["attempts"] + 1)
    status, answer, millis = call(world, execution)
    execution["statuses"].append(status)
    execution["answer_ms"] = millis
    with world.store:
        if execution["state"] not in executions.ENDED:
            _follow(world, execution, status, answer)


def call(world: World, execution: Value) -> tuple[int, Value, int]:
    """POST the execution: (status, 0 without an answer; JSON answer; milliseconds)."""
    action = definition.action(world.config, execution["action"])
    if action is None:
        return 404, {}, 0
    body = json.dumps(_body(world, action, execution), separators=(",", ":"), ensure_ascii=False)
    begun = time.monotonic()
    status, answer = post(world, action["actionUrl"], body, switches(world)["action_timeout"])
    return status, answer, int((time.monotonic() - begun) * 1000)


def post(world: World, url: str, body: str, seconds: float) -> tuple[int, Value]:
    """A signed POST; (0, {}) without an answer, {} if it is no JSON object."""
    raw = body.encode()
    timeout = urllib3.Timeout(connect=3, read=seconds)
    headers = action_headers(world, url, raw)
    try:
        answer = world.http.request(
            "POST", url, body=raw, headers=headers, timeout=timeout, redirect=False
        )
        parsed = json.loads(answer.data or b"{}")
    except (urllib3.exceptions.HTTPError, OSError):
        return 0, {}
    except ValueError:
        parsed = {}
    return int(answer.status), parsed if isinstance(parsed, dict) else {}


def _body(world: World, action: Value, execution: Value) -> Value:
    index = {"enrollmentId": execution["enrollment"], "actionExecutionIndex": 0}
    return {
        "callbackId": execution["callbackId"],
        "origin": origin(action, execution["portal"], index),
        "context": {
            "workflowId": FIRST_WORKFLOW + action["definitionId"] % 1000,
            "actionId": 1,
            "actionExecutionIndexIdentifier": index,
            "source": "WORKFLOWS",
        },
        "object": _object(world, action, execution),
        "fields": execution["fields"],
        "inputFields": execution["fields"],
        "typedInputs": _typed(action, execution["fields"]),
    }


def origin(action: Value, portal: int, index: Value | None = None) -> Value:
    """The portal and the definition of a call."""
    return {
        "portalId": portal,
        "userId": None,
        "actionDefinitionId": action["definitionId"],
        "actionDefinitionVersion": 1,
        **({"actionExecutionIndexIdentifier": index} if index else {}),
        "extensionDefinitionVersionId": 1,
        "extensionDefinitionId": action["definitionId"],
    }


def _object(world: World, action: Value, execution: Value) -> Value:
    named: Value = {"objectId": int(execution["contact"]), "objectType": "CONTACT"}
    names = action.get("objectRequestOptions", {}).get("properties", [])
    # Properties are today's, unlike the inputs; a deleted contact comes without any.
    contact = records.find(world, execution["portal"], execution["contact"])
    if names and contact:
        named["properties"] = {name: contact["properties"].get(name) or None for name in names}
    return named


def _typed(action: Value, fields: dict[str, str]) -> Value:
    types = {field["name"]: field["type"].upper() for field in action["inputFields"]}
    return {name: {"value": text, "type": types[name]} for name, text in fields.items()}


def _follow(world: World, execution: Value, status: int, answer: Value) -> None:
    if 200 <= status < 300:
        _apply(world, execution, answer.get("outputFields") or {})
    elif status in (0, 429) or status >= 500:
        _again(world, execution, status)
    else:
        executions.end(world, execution, "FAILED", {}, f"The app answered {status}.")


def _apply(world: World, execution: Value, outputs: dict[str, str]) -> None:
    state = outputs.get("hs_execution_state", "SUCCESS")
    if state in ("BLOCK", "ASYNC"):
        seconds = times.duration(str(outputs.get("hs_expiration_duration") or ""))
        executions.block(world, execution, seconds or times.WEEK)
    elif state in ("SUCCESS", "FAIL_CONTINUE"):
        executions.end(world, execution, state, outputs)
    else:
        error = f"Unknown hs_execution_state {state}."
        executions.end(world, execution, "FAILED", {}, error)


def _again(world: World, execution: Value, status: int) -> None:
    tried, gaps = execution["attempts"], switches(world)["action_gaps"]
    reason = f"The app answered {status}." if status else "The app did not answer."
    if tried > len(gaps):
        executions.end(world, execution, "FAILED", {}, f"{reason} No more tries.")
        return
    execution.update(state="RETRYING", error=f"{reason} Trying again.")
    world.store.put("execution", execution["callbackId"], execution)
    run_later(world, gaps[tried - 1], attempt, world, execution["callbackId"])
