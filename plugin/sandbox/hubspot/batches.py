"""Batches of up to 100 contacts, with HubSpot's two manners of partial failure.

Writes fail as a whole with a 400, unless every input carries `objectWriteTraceId`: then each bad
input is reported by itself. Reads always report what is missing beside what is found.
"""

from collections.abc import Callable
from typing import Any

from plugin.sandbox.hubspot import records, schema, times
from plugin.sandbox.hubspot.answers import Answer, Body, Refused
from plugin.sandbox.hubspot.api import Call, operation
from plugin.sandbox.hubspot.contacts import APP, BASE, READ, WRITE, shown, written
from plugin.sandbox.hubspot.switches import switches

MAX_INPUTS = 100
Value = dict[str, Any]
# Checks one input and says what to do with it; may raise Refused.
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


def _item_error(error: Refused, one: Value) -> Body:
    # Creations have no id yet; only the trace id says which input was meant.
    ids = [str(one["id"])] if "id" in one else []
    context = {"objectWriteTraceId": [str(one["objectWriteTraceId"])], "ids": ids}
    return {
        "status": "error",
        "category": error.category,
        "message": error.message,
        "context": context,
    }


def _write(call: Call, plan: Plan, status: int = 200) -> Answer:
    """Plan all inputs, then do those that may be done."""
    inputs = _inputs(call)
    traced = all(one.get("objectWriteTraceId") for one in inputs)
    deeds, errors = [], []
    with call.world.store:
        # All are checked before any is written: a refused batch leaves nothing behind.
        for one in inputs:
            try:
                deeds.append((plan(one), one))
            except Refused as error:
                if not traced:
                    raise Refused(400, error.message, error.category, **error.more) from error
                errors.append(_item_error(error, one))
        results = [{**deed(), **_trace(one)} for deed, one in deeds]
    return _answer(call, results, errors, status)


def _trace(one: Value) -> Body:
    trace = one.get("objectWriteTraceId")
    return {"objectWriteTraceId": trace} if trace else {}


@operation("POST", f"{BASE}/batch/read", READ)
def read(call: Call) -> Answer:
    """`{idProperty?, inputs: [{id}], properties}`; missing ids are told in one error."""
    wanted = [str(one["id"]) for one in _inputs(call)]
    name = call.body.get("idProperty") or "hs_object_id"
    # Other properties could stand for several records.
    if name != "hs_object_id" and not schema.is_unique(call.world, call.portal, name):
        raise Refused(400, f"Property {name} is not a unique property")
    results, missing = {}, []
    for key in wanted:
        found = records.find_by(call.world, call.portal, name, key)
        if found:
            results[found["id"]] = shown(found, call.body.get("properties"))
        else:
            missing.append(key)
    return _answer(call, list(results.values()), _missing_errors(missing))


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

    def plan(one: Value) -> Callable[[], Body]:
        records.check(call.world, call.portal, one["properties"])
        return lambda: written(records.create(call.world, call.portal, one["properties"], APP))

    emails = [one["properties"].get("email") for one in _inputs(call)]
    _refuse_duplicates([email.lower() for email in emails if email])
    return _write(call, plan, 201)


@operation("POST", f"{BASE}/batch/update", WRITE)
def update(call: Call) -> Answer:
    """`{inputs: [{id, idProperty?, properties}]}`."""

    def plan(one: Value) -> Callable[[], Body]:
        name = one.get("idProperty") or "hs_object_id"
        found = records.find_by(call.world, call.portal, name, str(one["id"]))
        if found is None:
            message = f"CONTACT with ID {one['id']} not found"
            raise Refused(400, message, "OBJECT_NOT_FOUND")
        records.check(call.world, call.portal, one["properties"], found["id"])
        return lambda: written(records.update(call.world, found, one["properties"], APP))

    _refuse_duplicates([str(one["id"]) for one in _inputs(call)])
    return _write(call, plan)


@operation("POST", f"{BASE}/batch/upsert", WRITE)
def upsert(call: Call) -> Answer:
    """`{inputs: [{id, idProperty, properties}]}`; a result says `new`."""

    def plan(one: Value) -> Callable[[], Body]:
        name, key = one["idProperty"], str(one["id"])
        if not schema.is_unique(call.world, call.portal, name):
            raise Refused(400, f"Property {name} is not a unique property")
        found = records.find_by(call.world, call.portal, name, key)
        values = one["properties"] if found else {name: key, **one["properties"]}
        records.check(call.world, call.portal, values, found["id"] if found else None)
        return lambda: _upserted(call, found, values)

    _refuse_duplicates([str(one["id"]) for one in _inputs(call)])
    return _write(call, plan)


def _upserted(call: Call, found: Value | None, values: Value) -> Body:
    if found is None:
        return {**written(records.create(call.world, call.portal, values, APP)), "new": True}
    return {**written(records.update(call.world, found, values, APP)), "new": False}


@operation("POST", f"{BASE}/batch/archive", WRITE)
def archive(call: Call) -> Answer:
    """`{inputs: [{id}]}` -> 204."""
    for one in _inputs(call):
        records.archive(call.world, call.portal, str(one["id"]), APP)
    return None, 204
