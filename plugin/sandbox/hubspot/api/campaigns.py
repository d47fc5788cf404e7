"""Marketing campaigns and what is spent on them."""

import uuid

from flask import request

from plugin.sandbox.hubspot import times
from plugin.sandbox.hubspot.api.answers import Answer, Body, Refused, not_found
from plugin.sandbox.hubspot.api.calls import Call, operation
from plugin.sandbox.hubspot.control_routes import control
from plugin.sandbox.hubspot.seeding import PORTAL
from plugin.sandbox.world import World, world

BASE = "/marketing/campaigns/2026-09"
READ, WRITE = "marketing.campaigns.read", "marketing.campaigns.write"
MOST = 100


@operation("GET", BASE, READ)
def list_campaigns(call: Call) -> Answer:
    """`?limit=&name=&properties=`; the newest first with `sort=-createdAt`."""
    limit, name = int(call.query("limit", "50")), call.query("name").lower()
    if not 1 <= limit <= MOST:
        raise Refused(400, f"limit must be between 1 and {MOST}")
    wanted = call.query_list("properties")
    every = call.world.store.all(f"campaign:{call.portal}")
    if call.query("sort") == "-createdAt":
        every = every[::-1]
    matching = [row for row in every if name in row["properties"]["hs_name"].lower()]
    results = [
        {**row, "properties": {key: row["properties"].get(key) for key in wanted}}
        for row in matching[:limit]
    ]
    return {"total": len(matching), "results": results}, 200


@operation("GET", f"{BASE}/<guid>/budget/totals", READ)
def budget(call: Call, guid: str) -> Answer:
    _require(call, guid)
    items = call.world.store.all(f"spend:{call.portal}:{guid}")
    total = sum(item["amount"] for item in items)
    body: Body = {
        "budgetItems": [],
        "spendItems": items,
        "spendTotal": total,
        "currencyCode": "JPY",
    }
    return body, 200


@operation("POST", f"{BASE}/<guid>/spend", WRITE)
def add_spend(call: Call, guid: str) -> Answer:
    """`{name, amount, order, description?}` -> 201; the same twice is two."""
    _require(call, guid)
    missing = {"name", "amount", "order"} - set(call.body)
    if missing:
        raise Refused(400, f"Some required fields were not set: {sorted(missing)}")
    now = call.world.clock.millis()
    with call.world.store as store:
        number = str(store.next_id("spend"))
        item = {**call.body, "id": number, "createdAt": now, "updatedAt": now}
        store.put(f"spend:{call.portal}:{guid}", number, item)
    return item, 201


@control.post("/campaigns")
def new_campaign() -> tuple[Body, int]:
    """`{portal, name, utm}`."""
    body = request.get_json()
    portal = int(body.get("portal", PORTAL))
    return make_campaign(world(), portal, body["name"], body.get("utm", "")), 201


def make_campaign(world: World, portal: int, name: str, utm: str) -> Body:
    guid, now = str(uuid.uuid4()), times.iso(world.clock.millis())
    properties = {"hs_name": name, "hs_utm": utm}
    row = {"id": guid, "properties": properties, "createdAt": now, "updatedAt": now}
    return world.store.put(f"campaign:{portal}", guid, row)


def _require(call: Call, guid: str) -> None:
    if call.world.store.get(f"campaign:{call.portal}", guid) is None:
        raise not_found()
