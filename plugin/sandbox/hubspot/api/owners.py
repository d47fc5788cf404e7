"""Owners: users of the portal to whom records can be assigned."""

from plugin.sandbox.hubspot import times
from plugin.sandbox.hubspot.api.answers import Answer, Body, Refused, not_found
from plugin.sandbox.hubspot.api.calls import Call, operation
from plugin.sandbox.world import World

BASE, READ = "/crm/owners/2026-09", "crm.objects.owners.read"
FIRST_OWNER = 77_000_001
MOST = 500


def make_owner(world: World, portal: int, email: str, first: str = "", last: str = "") -> Body:
    with world.store as store:
        number = store.next_id("owner", FIRST_OWNER)
        now = times.iso(world.clock.millis())
        owner: Body = {
            "id": str(number),
            "email": email,
            "type": "PERSON",
            "firstName": first,
            "lastName": last,
            "userId": number - FIRST_OWNER + 7001,
            "archived": False,
            "createdAt": now,
            "updatedAt": now,
        }
        return store.put(f"owner:{portal}", owner["id"], owner)


@operation("GET", BASE, READ)
def list_owners(call: Call) -> Answer:
    """Up to 500 a page; the cursor is the last id of the previous page."""
    limit, after = int(call.query("limit", "100")), int(call.query("after", "0") or 0)
    if not 1 <= limit <= MOST:
        raise Refused(400, f"limit must be between 1 and {MOST}")
    every = [
        owner for owner in call.world.store.all(f"owner:{call.portal}") if int(owner["id"]) > after
    ]
    body: Body = {"results": every[:limit]}
    if len(every) > limit:
        body["paging"] = {"next": {"after": every[limit - 1]["id"]}}
    return body, 200


@operation("GET", f"{BASE}/<owner_id>", READ)
def get_owner(call: Call, owner_id: str) -> Answer:
    owner = call.world.store.get(f"owner:{call.portal}", owner_id)
    if owner is None:
        raise not_found()
    return owner, 200
