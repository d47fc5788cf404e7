"""Lists of contacts (HubSpot's pages call them segments) and their members."""

from bisect import bisect_right
from typing import Any

from plugin.sandbox.hubspot import times
from plugin.sandbox.hubspot.api.answers import Answer, Body, Refused, not_found
from plugin.sandbox.hubspot.api.calls import Call, operation
from plugin.sandbox.world import World

BASE = "/crm/lists/2026-09"
READ, WRITE = "crm.lists.read", "crm.lists.write"
MAX_PAGE, MAX_COUNT = 250, 500
Value = dict[str, Any]


def make_list(world: World, portal: int, name: str, processing_type: str) -> Value:
    """Create a list of contacts; a DYNAMIC one holds every contact of the portal."""
    now = world.clock.millis()
    list_id = str(world.store.next_id(f"list:{portal}"))
    contact_list = {
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
    return world.store.put(f"list:{portal}", list_id, contact_list)


def member_ids(world: World, portal: int, contact_list: Value) -> list[str]:
    """Return the members' record ids in ascending order, as memberships are paged."""
    # By number, since ids of different lengths would sort wrongly as text.
    if contact_list["processingType"] == "DYNAMIC":
        return sorted(world.store.keys(f"contact:{portal}"), key=int)
    return sorted(world.store.keys(f"member:{portal}:{contact_list['listId']}"), key=int)


def size(world: World, portal: int, contact_list: Value) -> int:
    if contact_list["processingType"] == "DYNAMIC":
        return world.store.count(f"contact:{portal}")
    return world.store.count(f"member:{portal}:{contact_list['listId']}")


def add_members(world: World, portal: int, list_id: str, ids: list[str]) -> None:
    now = world.clock.millis()
    with world.store as store:
        for contact_id in ids:
            if store.get(f"member:{portal}:{list_id}", contact_id) is None:
                store.put(f"member:{portal}:{list_id}", contact_id, {"at": now})


def delete_list(world: World, portal: int, list_id: str) -> bool:
    """Return whether there was one; it can be restored."""
    with world.store as store:
        contact_list = store.delete(f"list:{portal}", list_id)
        if contact_list is not None:
            store.put(f"deleted-list:{portal}", list_id, contact_list)
    return contact_list is not None


def _find(call: Call, list_id: str) -> Value:
    contact_list = call.world.store.get(f"list:{call.portal}", list_id)
    if contact_list is None:
        raise not_found(f"List does not exist with ID {list_id}.")
    return contact_list


def _shown(contact_list: Value) -> Body:
    return {key: value for key, value in contact_list.items() if key != "at"}


@operation("POST", f"{BASE}/search", READ)
def search(call: Call) -> Answer:
    """Search lists by a part of the name; sizes are text in `additionalProperties`."""
    _require_fields(call.body)
    count = min(int(call.body.get("count") or 20), MAX_COUNT)
    offset = int(call.body.get("offset") or 0)
    matching = [
        contact_list
        for contact_list in call.world.store.all(f"list:{call.portal}")
        if _wanted(call.body, contact_list)
    ]
    page = matching[offset : offset + count]
    results = [
        {
            **_shown(contact_list),
            "additionalProperties": {
                "hs_list_size": str(size(call.world, call.portal, contact_list))
            },
        }
        for contact_list in page
    ]
    reached = offset + len(page)
    return {
        "lists": results,
        "hasMore": reached < len(matching),
        "offset": reached,
        "total": len(matching),
    }, 200


def _require_fields(body: Body) -> None:
    # 2026-09 requires these four; empty arrays mean no filter.
    needed = ("listIds", "processingTypes", "offset", "additionalProperties")
    missing = [name for name in needed if name not in body]
    if missing:
        raise Refused(400, f"Invalid input JSON: missing required fields {missing}")


def _wanted(body: Body, contact_list: Value) -> bool:
    kinds, ids = body.get("processingTypes"), body.get("listIds")
    return (
        str(body.get("query") or "").lower() in contact_list["name"].lower()
        and (not kinds or contact_list["processingType"] in kinds)
        and (not ids or contact_list["listId"] in ids)
        and body.get("objectTypeId") in (None, "", contact_list["objectTypeId"])
    )


@operation("POST", f"{BASE}/all", READ)
def every(call: Call) -> Answer:
    """The same lists, paged with a cursor."""
    count = min(int(call.body.get("count") or 20), MAX_COUNT)
    start = int(call.body.get("after") or 0)
    matching = [
        contact_list
        for contact_list in call.world.store.all(f"list:{call.portal}")
        if _wanted(call.body, contact_list)
    ]
    paging: Body = {}
    if start + count < len(matching):
        paging = {"paging": {"next": {"after": str(start + count)}}}
    page = [_shown(contact_list) for contact_list in matching[start : start + count]]
    return {"results": page, "total": len(matching), **paging}, 200


@operation("POST", BASE, WRITE)
def create(call: Call) -> Answer:
    """A name belongs to one list; only contacts and static lists are supported."""
    name, kind = str(call.body.get("name") or ""), call.body.get("processingType")
    if not name or call.body.get("objectTypeId") != "0-1" or kind not in ("MANUAL", "SNAPSHOT"):
        raise Refused(400, "Invalid input JSON: name, objectTypeId or processingType")
    if _named(call, name):
        raise Refused(400, f"There is already a list named '{name}'.", "DUPLICATE_LIST_NAMES")
    return {"list": _shown(make_list(call.world, call.portal, name, kind))}, 200


@operation("GET", f"{BASE}/object-type-id/<object_type>/name/<path:name>", READ)
def get_by_name(call: Call, object_type: str, name: str) -> Answer:
    named = _named(call, name)
    if not named or named[0]["objectTypeId"] != object_type:
        raise not_found(f"List does not exist with name '{name}'.")
    return {"list": _shown(named[0])}, 200


def _named(call: Call, name: str) -> list[Value]:
    lists = call.world.store.all(f"list:{call.portal}")
    return [contact_list for contact_list in lists if contact_list["name"] == name]


@operation("GET", f"{BASE}/<list_id>", READ)
def get(call: Call, list_id: str) -> Answer:
    """`{list}` with its size."""
    contact_list = _find(call, list_id)
    return {
        "list": {**_shown(contact_list), "size": size(call.world, call.portal, contact_list)}
    }, 200


@operation("GET", f"{BASE}/<list_id>/memberships", READ)
def memberships(call: Call, list_id: str) -> Answer:
    """Up to 250 members by record id; the cursor is the last id of the previous page."""
    return _page(call, _find(call, list_id), join_order=False)


@operation("GET", f"{BASE}/<list_id>/memberships/join-order", READ)
def memberships_by_join(call: Call, list_id: str) -> Answer:
    """The members in the order of joining."""
    return _page(call, _find(call, list_id), join_order=True)


def _page(call: Call, contact_list: Value, join_order: bool) -> Answer:
    limit = int(call.query("limit", "100"))
    if not 1 <= limit <= MAX_PAGE:
        raise Refused(400, f"limit must be between 1 and {MAX_PAGE}")
    ids = (_joining if join_order else member_ids)(call.world, call.portal, contact_list)
    start = _start(ids, call.query("after"), join_order)
    page = ids[start : start + limit]
    results = [
        {
            "recordId": contact_id,
            "membershipTimestamp": times.iso(_joined(call, contact_list, contact_id)),
        }
        for contact_id in page
    ]
    body: Body = {"results": results, "total": len(ids)}
    if start + limit < len(ids):
        after = str(start + limit) if join_order else page[-1]
        body["paging"] = {"next": {"after": after, "link": f"?after={after}&limit={limit}"}}
    return body, 200


def _joining(world: World, portal: int, contact_list: Value) -> list[str]:
    # The store keeps members in the order of joining.
    if contact_list["processingType"] == "DYNAMIC":
        return member_ids(world, portal, contact_list)
    return world.store.keys(f"member:{portal}:{contact_list['listId']}")


def _start(ids: list[str], after: str, join_order: bool) -> int:
    if not after:
        return 0
    if not after.isdecimal():
        raise Refused(400, "Invalid cursor in after")
    if join_order:
        return int(after)
    # By value, not by position: members who leave do not move the page.
    return bisect_right(ids, int(after), key=int)


def _joined(call: Call, contact_list: Value, contact_id: str) -> int:
    member = call.world.store.get(f"member:{call.portal}:{contact_list['listId']}", contact_id)
    return int((member or contact_list)["at"])


@operation("PUT", f"{BASE}/<list_id>/memberships/add", WRITE)
def join(call: Call, list_id: str) -> Answer:
    """Body: a JSON array of record ids."""
    return _change(call, list_id, added=call.body, removed=[])


@operation("PUT", f"{BASE}/<list_id>/memberships/remove", WRITE)
def leave(call: Call, list_id: str) -> Answer:
    return _change(call, list_id, added=[], removed=call.body)


@operation("PUT", f"{BASE}/<list_id>/memberships/add-and-remove", WRITE)
def join_and_leave(call: Call, list_id: str) -> Answer:
    body = call.body
    return _change(
        call, list_id, body.get("recordIdsToAdd") or [], body.get("recordIdsToRemove") or []
    )


def _change(call: Call, list_id: str, added: list[Any], removed: list[Any]) -> Answer:
    contact_list = _find(call, list_id)
    if contact_list["processingType"] == "DYNAMIC":
        raise Refused(400, "Memberships of a DYNAMIC list cannot be changed by hand.")
    to_add = [str(contact_id) for contact_id in added]
    to_remove = [str(contact_id) for contact_id in removed]
    known = [
        contact_id
        for contact_id in to_add
        if call.world.store.get(f"contact:{call.portal}", contact_id)
    ]
    add_members(call.world, call.portal, list_id, known)
    kind = f"member:{call.portal}:{list_id}"
    left = [contact_id for contact_id in to_remove if call.world.store.delete(kind, contact_id)]
    return {
        "recordsIdsAdded": known,
        "recordIdsRemoved": left,
        "recordIdsMissing": [contact_id for contact_id in to_add if contact_id not in known],
    }, 200
