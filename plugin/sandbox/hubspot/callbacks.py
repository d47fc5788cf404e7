"""The app completing workflow executions that it had blocked."""

from typing import Any

from plugin.sandbox.hubspot import executions
from plugin.sandbox.hubspot.answers import Answer, Body, Refused
from plugin.sandbox.hubspot.api import Call, operation
from plugin.sandbox.hubspot.switches import switches

BASE = "/automation/actions/callbacks/2026-09"
MAX_BATCH = 100
Value = dict[str, Any]


@operation("POST", f"{BASE}/<callback_id>/complete", "automation")
def complete(call: Call, callback_id: str) -> Answer:
    """`{outputFields, typedOutputs}` -> 204; 404 for what is unknown or over."""
    return _complete(call, [{**call.body, "callbackId": callback_id}])


@operation("POST", f"{BASE}/complete", "automation")
def complete_batch(call: Call) -> Answer:
    """`{inputs: [{callbackId, outputFields, typedOutputs}]}` -> 204, all or none."""
    inputs = call.body["inputs"]
    if len(inputs) > MAX_BATCH:
        raise Refused(400, f"The maximum number of inputs is {MAX_BATCH}; got {len(inputs)}.")
    return _complete(call, inputs)


def _complete(call: Call, inputs: list[Value]) -> Answer:
    for one in inputs:
        _check(one)
    with call.world.store:
        refused = [one["callbackId"] for one in inputs if not _open(call, one["callbackId"])]
        if refused:
            # HubSpot's answer has no place for the state of single items, so it is all or none.
            raise Refused(
                404,
                f"Callbacks not found or expired: {', '.join(refused)}",
                "OBJECT_NOT_FOUND",
                context={"callbackIds": refused},
            )
        for one in inputs:
            executions.complete(call.world, one["callbackId"], one["outputFields"])
    return None, 204


def _check(one: Body) -> None:
    # Both are listed as required; typed outputs may be empty.
    outputs, _ = one["outputFields"], one["typedOutputs"]
    wrong = [name for name, value in outputs.items() if not isinstance(value, str)]
    if wrong:
        raise Refused(400, f"Output fields must be text: {wrong}")


def _open(call: Call, callback_id: str) -> bool:
    found = executions.find(call.world, callback_id)
    if found is None or found["portal"] != call.portal:
        return False
    if found["completed"]:
        return int(switches(call.world)["repeated_completion_status"]) < 300
    # An answer may still be on its way while the callback already arrives.
    return found["state"] in ("BLOCKED", "RUNNING", "RETRYING")
