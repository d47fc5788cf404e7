"""Deals: search by stage and closing date, and their contacts."""

from typing import Any

from flask import request

from plugin.sandbox.hubspot import times
from plugin.sandbox.hubspot.api.answers import Answer, Body, Refused
from plugin.sandbox.hubspot.api.calls import Call, operation
from plugin.sandbox.hubspot.api.searching import MAX_PAGE, passes
from plugin.sandbox.hubspot.control_routes import control
from plugin.sandbox.hubspot.seeding import PORTAL
from plugin.sandbox.world import world

READ, FIRST_DEAL, MOST = "crm.objects.deals.read", 9_100_000_001, 1000
Value = dict[str, Any]


@operation("POST", "/crm/objects/2026-09/deals/search", READ, search=True)
def search_deals(call: Call) -> Answer:
    """`{filterGroups, sorts, properties, limit}`, by record id."""
    limit = int(call.body.get("limit") or 10)
    if limit > MAX_PAGE:
        raise Refused(400, f"Pages hold {MAX_PAGE} results")
    deals = call.world.store.all(f"deal:{call.portal}")
    matching = [deal for deal in deals if _matches(call.body, deal)]
    names = call.body.get("properties") or []
    results = [_shown(deal, names) for deal in matching[:limit]]
    return {"total": len(matching), "results": results}, 200


@operation("POST", "/crm/associations/2026-09/deals/contacts/batch/read", READ)
def contacts_of_deals(call: Call) -> Answer:
    """`{inputs: [{id}]}`; deals without contacts are left out."""
    inputs = call.body["inputs"]
    if len(inputs) > MOST:
        raise Refused(400, f"The maximum number of inputs is {MOST}; got {len(inputs)}.")
    found = [call.world.store.get(f"deal:{call.portal}", row["id"]) for row in inputs]
    results = [_associations(deal) for deal in found if deal and deal["contacts"]]
    now = times.iso(call.world.clock.millis())
    return {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}, 200


@control.post("/deals")
def make_deal() -> tuple[Body, int]:
    """`{portal, contacts: [ids], won: true, closed: ISO time}`."""
    body, sandbox = request.get_json(), world()
    with sandbox.store as store:
        deal_id = str(store.next_id("deal", FIRST_DEAL))
        properties = {
            "hs_object_id": deal_id,
            "hs_is_closed_won": "true" if body.get("won", True) else "false",
            "closedate": body.get("closed") or times.iso(sandbox.clock.millis()),
        }
        contacts = [str(contact_id) for contact_id in body.get("contacts", [])]
        deal = {"id": deal_id, "properties": properties, "contacts": contacts}
        store.put(f"deal:{body.get('portal', PORTAL)}", deal_id, deal)
    return {"id": deal_id}, 201


def _matches(body: Body, deal: Value) -> bool:
    groups, values = body.get("filterGroups") or [], deal["properties"]
    return not groups or any(
        all(passes(each, values.get(each["propertyName"], "")) for each in group["filters"])
        for group in groups
    )


def _shown(deal: Value, names: list[str]) -> Body:
    properties = {name: deal["properties"].get(name) for name in ("hs_object_id", *names)}
    return {"id": deal["id"], "properties": properties, "archived": False}


def _associations(deal: Value) -> Body:
    types = [{"category": "HUBSPOT_DEFINED", "typeId": 3, "label": None}]
    to = [{"toObjectId": contact_id, "associationTypes": types} for contact_id in deal["contacts"]]
    return {"from": {"id": deal["id"]}, "to": to}
