"""Batches of up to 100 contacts, with HubSpot's two kinds of partial failure.

Writes fail as a whole with a 400, unless every input has an `objectWriteTraceId`: then each bad
input is reported by itself. Reads always report missing ids beside the results.
"""

from collections.abc import Callable
from typing import Any

from plugin.sandbox.hubspot import records, times
from plugin.sandbox.hubspot.api import schema
from plugin.sandbox.hubspot.api.answers import Answer, Body, Refused
from plugin.sandbox.hubspot.api.calls import Call, operation
from plugin.sandbox.hubspot.api.contacts import APP, BASE, READ, WRITE, shown, written
from plugin.sandbox.hubspot.switches import switches

MAX_INPUTS, MAX_WITH_HISTORY = 100, 50
Value = dict[str, Any]
# Checks an input and returns its action; may raise Refused.
Plan = Callable[[Value], Callable[[], Body]]


def _inputs(call: Call) -> list[Value]:
    inputs: list[Value] = call.body["inputs"]
    if len(inputs) > MAX_INPUTS:
        raise Refused(400, f"The maximum number of inputs is {MAX_INPUTS}; got {len(inputs)}.")
    return inputs


def _refuse_duplicates(keys: list[str]) -> None:
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise Refused(400, f"Duplicate IDs found in batch input: {twice}", context={"ids": twice})


def _answer(call: Call, results: list[Body], errors: list[Body], status: int = 200) -> Answer:
    now = times.iso(call.world.clock.millis())
    body: Body = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
        status = int(switches(call.world)["partial_batch_status"])
    return body, status


def _item_error(error: Refused, item: Value) -> Body:
    # Creations have no id yet; only the trace id says which input was meant.
    ids = [str(item["id"])] if "id" in item else []
    context = {"objectWriteTraceId": [str(item["objectWriteTraceId"])], "ids": ids}
    return {
        "status": "error",
        "category": error.category,
        "message": error.message,
        "context": context,
    }


def _write(call: Call, plan: Plan, status: int = 200) -> Answer:
    """Check all inputs, then write those that passed."""
    inputs = _inputs(call)
    traced = all(item.get("objectWriteTraceId") for item in inputs)
    planned, errors = [], []
    with call.world.store:
        # All are checked before any is written: a refused batch leaves nothing behind.
        for item in inputs:
            try:
                planned.append((plan(item), item))
            except Refused as error:
                if not traced:
                    raise Refused(400, error.message, error.category, **error.more) from error
                errors.append(_item_error(error, item))
        results = [{**action(), **_trace(item)} for action, item in planned]
    return _answer(call, results, errors, status)


def _trace(item: Value) -> Body:
    trace = item.get("objectWriteTraceId")
    return {"objectWriteTraceId": trace} if trace else {}


@operation("POST", f"{BASE}/batch/read", READ)
def read(call: Call) -> Answer:
    """`{idProperty?, inputs: [{id}], properties}`; one error reports all missing ids."""
    keys = [str(item["id"]) for item in _inputs(call)]
    name = call.body.get("idProperty") or "hs_object_id"
    # Other properties could stand for several records.
    if name != "hs_object_id" and not schema.is_unique(call.world, call.portal, name):
        raise Refused(400, f"Property {name} is not a unique property")
    schema.refuse_sensitive(call.world, call.portal, call.body.get("properties"))
    if call.body.get("propertiesWithHistory") and len(keys) > MAX_WITH_HISTORY:
        raise Refused(400, f"The maximum number of inputs with history is {MAX_WITH_HISTORY}.")
    results, missing = {}, []
    for key in keys:
        contact = records.find_by(call.world, call.portal, name, key)
        if contact:
            results[contact["id"]] = {
                **shown(contact, call.body.get("properties")),
                **_history(contact, call.body.get("propertiesWithHistory") or []),
            }
        else:
            missing.append(key)
    return _answer(call, list(results.values()), _missing_errors(missing))


def _history(contact: Value, names: list[str]) -> Body:
    """The changes of these properties, the newest first."""
    if not names:
        return {}
    known = contact.get("history", {})
    return {"propertiesWithHistory": {name: known.get(name, []) for name in names}}


def _missing_errors(missing: list[str]) -> list[Body]:
    if not missing:
        return []
    return [
        {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": "Could not get some CONTACT objects, they may be deleted or not exist. "
            "Check that ids are valid.",
            "context": {"ids": missing},
        }
    ]


@operation("POST", f"{BASE}/batch/create", WRITE)
def create(call: Call) -> Answer:
    """`{inputs: [{properties}]}` -> 201."""

    def plan(item: Value) -> Callable[[], Body]:
        records.check(call.world, call.portal, item["properties"])
        return lambda: written(records.create(call.world, call.portal, item["properties"], APP))

    emails = [item["properties"].get("email") for item in _inputs(call)]
    _refuse_duplicates([email.lower() for email in emails if email])
    return _write(call, plan, 201)


@operation("POST", f"{BASE}/batch/update", WRITE)
def update(call: Call) -> Answer:
    """`{inputs: [{id, idProperty?, properties}]}`."""

    def plan(item: Value) -> Callable[[], Body]:
        name = item.get("idProperty") or "hs_object_id"
        contact = records.find_by(call.world, call.portal, name, str(item["id"]))
        if contact is None:
            message = f"CONTACT with ID {item['id']} not found"
            raise Refused(400, message, "OBJECT_NOT_FOUND")
        records.check(call.world, call.portal, item["properties"], contact["id"])
        return lambda: written(records.update(call.world, contact, item["properties"], APP))

    _refuse_duplicates([str(item["id"]) for item in _inputs(call)])
    return _write(call, plan)


@operation("POST", f"{BASE}/batch/upsert", WRITE)
def upsert(call: Call) -> Answer:
    """`{inputs: [{id, idProperty, properties}]}`; each result has `new`."""

    def plan(item: Value) -> Callable[[], Body]:
        name, key = item["idProperty"], str(item["id"])
        if not schema.is_unique(call.world, call.portal, name):
            raise Refused(400, f"Property {name} is not a unique property")
        contact = records.find_by(call.world, call.portal, name, key)
        values = item["properties"] if contact else {name: key, **item["properties"]}
        records.check(call.world, call.portal, values, contact["id"] if contact else None)
        return lambda: _upserted(call, contact, values)

    _refuse_duplicates([str(item["id"]) for item in _inputs(call)])
    return _write(call, plan)


def _upserted(call: Call, contact: Value | None, values: Value) -> Body:
    if contact is None:
        return {**written(records.create(call.world, call.portal, values, APP)), "new": True}
    return {**written(records.update(call.world, contact, values, APP)), "new": False}


@operation("POST", f"{BASE}/batch/archive", WRITE)
def archive(call: Call) -> Answer:
    """`{inputs: [{id}]}` -> 204."""
    for item in _inputs(call):
        records.archive(call.world, call.portal, str(item["id"]), APP)
    return None, 204
