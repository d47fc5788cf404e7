"""Whose a visitor cookie is: the old question by `hubspotutk`, and browsing that makes one."""

from typing import Any

from flask import request

from plugin.sandbox.hubspot import records
from plugin.sandbox.hubspot.answers import Answer
from plugin.sandbox.hubspot.api import Call, operation
from plugin.sandbox.hubspot.control_routes import control
from plugin.sandbox.hubspot.seeding import PORTAL
from plugin.sandbox.world import world

Value = dict[str, Any]


@operation("GET", "/contacts/v1/contact/byUtk/batch/", "crm.objects.contacts.read")
def by_utk(call: Call) -> Answer:
    """`?utk=&utk=&property=`; cookies that HubSpot has never seen are left out."""
    found: Value = {}
    for utk in request.args.getlist("utk")[:100]:
        visit = call.world.store.get(f"visitor:{call.portal}", utk)
        if visit is not None:
            found[utk] = _old_form(call, visit)
    return found, 200


def _old_form(call: Call, visit: Value) -> Value:
    """A visitor who is no contact has a record all the same."""
    contact = records.find(call.world, call.portal, visit["contact"])
    if contact is None:
        return {"vid": 1, "canonical-vid": 1, "is-contact": False, "properties": {}}
    wanted = request.args.getlist("property")
    values = contact["properties"]
    return {
        "vid": int(visit["contact"]),
        "canonical-vid": int(contact["id"]),
        "is-contact": True,
        "properties": {name: {"value": values[name]} for name in wanted if values.get(name)},
    }


@control.post("/visitors")
def visit() -> Value:
    """`{portal?, utk, contact?}`: this cookie's browser is this contact's, or nobody's yet."""
    body = request.get_json()
    kept = {"contact": str(body.get("contact", ""))}
    return world().store.put(f"visitor:{body.get('portal', PORTAL)}", body["utk"], kept)
