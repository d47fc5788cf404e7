"""Which lists hold a record."""

from typing import Any

from plugin.sandbox.hubspot import times
from plugin.sandbox.hubspot.api.answers import Answer, Body, Refused
from plugin.sandbox.hubspot.api.calls import Call, operation
from plugin.sandbox.hubspot.api.lists import BASE, READ

MAX_RECORDS = 100


@operation("POST", f"{BASE}/records/memberships/batch/read", READ)
def lists_of_records(call: Call) -> Answer:
    """`{inputs: [{objectTypeId, recordId}]}`; unknown records are left out."""
    inputs = call.body["inputs"]
    if len(inputs) > MAX_RECORDS:
        raise Refused(400, f"The maximum number of inputs is {MAX_RECORDS}; got {len(inputs)}.")
    store, portal = call.world.store, call.portal
    ids = [str(item["recordId"]) for item in inputs if item["objectTypeId"] == "0-1"]
    results = [_lists_of(call, row) for row in ids if store.get(f"contact:{portal}", row)]
    now = times.iso(call.world.clock.millis())
    return {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}, 200


def _lists_of(call: Call, contact_id: str) -> Body:
    rows = []
    for contact_list in call.world.store.all(f"list:{call.portal}"):
        joined = _joined(call, contact_list, contact_id)
        if joined is not None:
            moment = times.iso(joined)
            rows.append(
                {
                    "listId": contact_list["listId"],
                    "listVersion": 1,
                    "firstAddedTimestamp": moment,
                    "lastAddedTimestamp": moment,
                    "isPublicList": False,
                }
            )
    return {"objectTypeId": "0-1", "recordId": contact_id, "recordListMemberships": rows}


def _joined(call: Call, contact_list: dict[str, Any], contact_id: str) -> int | None:
    if contact_list["processingType"] == "DYNAMIC":
        return int(contact_list["at"])
    member = call.world.store.get(f"member:{call.portal}:{contact_list['listId']}", contact_id)
    return int(member["at"]) if member else None
