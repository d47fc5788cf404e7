"""Lists of contacts (HubSpot's pages call them segments) and their members."""

from bisect import bisect_right
from typing import Any

from plugin.sandbox.hubspot import times
from plugin.sandbox.hubspot.answers import Answer, Body, Refused, not_found
from plugin.sandbox.hubspot.api import Call, operation
from plugin.sandbox.world import World

BASE = "/crm/lists/2026-09"
READ, WRITE = "crm.lists.read", "crm.lists.write"
MAX_PAGE, MAX_COUNT = 250, 500
Value = dict[str, Any]


def make_list(world: World, portal: int, name: str, processing_type: str) -> Value:
    """A list of contacts; a DYNAMIC one holds every contact of the portal."""
    now = world.clock.millis()
    list_id = str(world.store.next_id(f"list:{portal}"))
    made = {
        "listId": list_id,
        "name": name,
        "objectTypeId": "0-1",
        "processingType": processing_type,
        "processingStatus": "COMPLETE",
        "listVersion": 1,
        "createdAt": times.iso(now),
        "updatedAt": times.iso(now),
        "at": now,
    }
    return world.store.put(f"list:{portal}", list_id, made)


def member_ids(world: World, portal: int, found: Value) -> list[str]:
    """Every member's record id in ascending order, as memberships are paged."""
    # By number, since ids of different lengths would sort wrongly as text.
    if found["processingType"] == "DYNAMIC":
        return sorted(world.store.keys(f"contact:{portal}"), key=int)
    return sorted(world.store.keys(f"member:{portal}:{found['listId']}"), key=int)


def size(world: World, portal: int, found: Value) -> int:
    """How many members there are."""
    if found["processingType"] == "DYNAMIC":
        return world.store.count(f"contact:{portal}")
    return world.store.count(f"member:{portal}:{found['listId']}")


def add_members(world: World, portal: int, list_id: str, ids: list[str]) -> None:
    """Let contacts join a list that is kept by hand."""
    now = world.clock.millis()
    with world.store as store:
        for contact_id in ids:
            if store.get(f"member:{portal}:{list_id}", contact_id) is None:
                store.put(f"member:{portal}:{list_id}", contact_id, {"at": now})


def _find(call: Call, list_id: str) -> Value:
    found = call.world.store.get(f"list:{call.portal}", list_id)
    if found is None:
        raise not_found(f"List does not exist with ID {list_id}.")
    return found


def _shown(found: Value) -> Body:
    return {key: value for key, value in found.items() if key != "at"}


@operation("POST", f"{BASE}/search", READ)
def search(call: Call) -> Answer:
    """Pages of lists by a part of the name; sizes stand in `additionalProperties` as text."""
    _require_fields(call.body)
    count = min(int(call.body.get("count") or 20), MAX_COUNT)
    offset = int(call.body.get("offset") or 0)
    found = [one for one in call.world.store.all(f"list:{call.portal}") if _wanted(call.body, one)]
    page = found[offset : offset + count]
    results = [
        {
            **_shown(one),
            "additionalProperties": {"hs_list_size": str(size(call.world, call.portal, one))},
        }
        for one in page
    ]
    reached = offset + len(page)
    return {
        "lists": results,
        "hasMore": reached < len(found),
        "offset": reached,
        "total": len(found),
    }, 200


def _require_fields(body: Body) -> None:
    """2026-09 requires these four; empty arrays mean no filter."""
    needed = ("listIds", "processingTypes", "offset", "additionalProperties")
    missing = [name for name in needed if name not in body]
    if missing:
        raise Refused(400, f"Invalid input JSON: missing required fields {missing}")


def _wanted(body: Body, one: Value) -> bool:
    kinds, ids = body.get("processingTypes"), body.get("listIds")
    return (
        str(body.get("query") or "").lower() in one["name"].lower()
        and (not kinds or one["processingType"] in kinds)
        and (not ids or one["listId"] in ids)
        and body.get("objectTypeId") in (None, "", one["objectTypeId"])
    )


@operation("POST", f"{BASE}/all", READ)
def every(call: Call) -> Answer:
    """The same lists with a cursor."""
    count = min(int(call.body.get("count") or 20), MAX_COUNT)
    start = int(call.body.get("after") or 0)
    found = [one for one in call.world.store.all(f"list:{call.portal}") if _wanted(call.body, one)]
    paging: Body = {}
    if start + count < len(found):
        paging = {"paging": {"next": {"after": str(start + count)}}}
    page = [_shown(one) for one in found[start : start + count]]
    return {"results": page, "total": len(found), **paging}, 200


@operation("GET", f"{BASE}/<list_id>", READ)
def get(call: Call, list_id: str) -> Answer:
    """One list inside `list`, with its size."""
    found = _find(call, list_id)
    return {"list": {**_shown(found), "size": size(call.world, call.portal, found)}}, 200


@operation("GET", f"{BASE}/<list_id>/memberships", READ)
def memberships(call: Call, list_id: str) -> Answer:
    """Up to 250 members by record id; the cursor is the last id of the page before."""
    return _page(call, _find(call, list_id), join_order=False)


@operation("GET", f"{BASE}/<list_id>/memberships/join-order", READ)
def memberships_by_join(call: Call, list_id: str) -> Answer:
    """The same in the order of joining."""
    return _page(call, _find(call, list_id), join_order=True)


def _page(call: Call, found: Value, join_order: bool) -> Answer:
    limit = int(call.query("limit", "100"))
    if not 1 <= limit <= MAX_PAGE:
        raise Refused(400, f"limit must be between 1 and {MAX_PAGE}")
    ids = (_joining if join_order else member_ids)(call.world, call.portal, found)
    start = _start(ids, call.query("after"), join_order)
    page = ids[start : start + limit]
    results = [
        {"recordId": one, "membershipTimestamp": times.iso(_joined(call, found, one))}
        for one in page
    ]
    body: Body = {"results": results, "total": len(ids)}
    if start + limit < len(ids):
        after = str(start + limit) if join_order else page[-1]
        body["paging"] = {"next": {"after": after, "link": f"?after={after}&limit={limit}"}}
    return body, 200


def _joining(world: World, portal: int, found: Value) -> list[str]:
    """Members in the order of joining, in which the store keeps them."""
    if found["processingType"] == "DYNAMIC":
        return member_ids(world, portal, found)
    return world.store.keys(f"member:{portal}:{found['listId']}")


def _start(ids: list[str], after: str, join_order: bool) -> int:
    if not after:
        return 0
    if not after.isdecimal():
        raise Refused(400, "Invalid cursor in after")
    if join_order:
        return int(after)
    # By value, not by position: members who leave shift nobody.
    return bisect_right(ids, int(after), key=int)


def _joined(call: Call, found: Value, contact_id: str) -> int:
    member = call.world.store.get(f"member:{call.portal}:{found['listId']}", contact_id)
    return int((member or found)["at"])


@operation("PUT", f"{BASE}/<list_id>/memberships/add", WRITE)
def join(call: Call, list_id: str) -> Answer:
    """Body: a JSON array of record ids."""
    return _change(call, list_id, added=call.body, removed=[])


@operation("PUT", f"{BASE}/<list_id>/memberships/remove", WRITE)
def leave(call: Call, list_id: str) -> Answer:
    """Body: a JSON array of record ids."""
    return _change(call, list_id, added=[], removed=call.body)


@operation("PUT", f"{BASE}/<list_id>/memberships/add-and-remove", WRITE)
def join_and_leave(call: Call, list_id: str) -> Answer:
    """Both at once."""
    body = call.body
    return _change(
        call, list_id, body.get("recordIdsToAdd") or [], body.get("recordIdsToRemove") or []
    )


def _change(call: Call, list_id: str, added: list[Any], removed: list[Any]) -> Answer:
    found = _find(call, list_id)
    if found["processingType"] == "DYNAMIC":
        raise Refused(400, "Memberships of a DYNAMIC list cannot be changed by hand.")
    wanted = [str(one) for one in added]
    gone = [str(one) for one in removed]
    known = [one for one in wanted if call.world.store.get(f"contact:{call.portal}", one)]
    add_members(call.world, call.portal, list_id, known)
    kind = f"member:{call.portal}:{list_id}"
    left = [one for one in gone if call.world.store.delete(kind, one)]
    return {
        "recordsIdsAdded": known,
        "recordIdsRemoved": left,
        "recordIdsMissing": [one for one in wanted if one not in known],
    }, 200
