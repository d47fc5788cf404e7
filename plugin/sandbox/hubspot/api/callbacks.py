"""Completion of blocked workflow executions by the app."""

from typing import Any

from plugin.sandbox.hubspot.api.answers import Answer, Body, Refused
from plugin.sandbox.hubspot.api.calls import Call, operation
from plugin.sandbox.hubspot.switches import switches
from plugin.sandbox.hubspot.workflows import executions

BASE = "/automation/actions/callbacks/2026-09"
MAX_BATCH = 100
Value = dict[str, Any]


@operation("POST", f"{BASE}/<callback_id>/complete", "automation")
def complete(call: Call, callback_id: str) -> Answer:
    """`{outputFields, typedOutputs}` -> 204; 404 for an unknown or ended execution."""
    return _complete(call, [{**call.body, "callbackId": callback_id}])


@operation("POST", f"{BASE}/complete", "automation")
def complete_batch(call: Call) -> Answer:
    """`{inputs: [{callbackId, outputFields, typedOutputs}]}` -> 204, all or none."""
    inputs = call.body["inputs"]
    if len(inputs) > MAX_BATCH:
        raise Refused(400, f"The maximum number of inputs is {MAX_BATCH}; got {len(inputs)}.")
    return _complete(call, inputs)


def _complete(call: Call, inputs: list[Value]) -> Answer:
    for item in inputs:
        _check(item)
    with call.world.store:
        refused = [item["callbackId"] for item in inputs if not _open(call, item["callbackId"])]
        if refused:
            # HubSpot's answer has no place for the state of single items, so it is all or none.
            raise Refused(
                404,
                f"Callbacks not found or expired: {', '.join(refused)}",
                "OBJECT_NOT_FOUND",
                context={"callbackIds": refused},
            )
        for item in inputs:
            executions.complete(call.world, item["callbackId"], item["outputFields"])
    return None, 204


def _check(item: Body) -> None:
    # Both are listed as required; typed outputs may be empty.
    outputs, _ = item["outputFields"], item["typedOutputs"]
    wrong = [name for name, value in outputs.items() if not isinstance(value, str)]
    if wrong:
        raise Refused(400, f"Output fields must be text: {wrong}")


def _open(call: Call, callback_id: str) -> bool:
    execution = executions.find(call.world, callback_id)
    if execution is None or execution["portal"] != call.portal:
        return False
    if execution["completed"]:
        return int(switches(call.world)["repeated_completion_status"]) < 300
    # An answer may still be on its way while the callback already arrives.
    return execution["state"] in ("BLOCKED", "RUNNING", "RETRYING")
