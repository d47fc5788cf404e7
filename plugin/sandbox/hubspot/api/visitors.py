"""Visitor cookies: the old lookup by `hubspotutk`, and a control call that sets one."""

from typing import Any

from flask import request

from plugin.sandbox.hubspot import records
from plugin.sandbox.hubspot.api.answers import Answer
from plugin.sandbox.hubspot.api.calls import Call, operation
from plugin.sandbox.hubspot.control_routes import control
from plugin.sandbox.hubspot.seeding import PORTAL
from plugin.sandbox.world import world

Value = dict[str, Any]


@operation("GET", "/contacts/v1/contact/byUtk/batch/", "crm.objects.contacts.read")
def by_utk(call: Call) -> Answer:
    """`?utk=&utk=&property=`; unknown cookies are left out."""
    visitors: Value = {}
    for utk in request.args.getlist("utk")[:100]:
        visit = call.world.store.get(f"visitor:{call.portal}", utk)
        if visit is not None:
            visitors[utk] = _old_form(call, visit)
    return visitors, 200


def _old_form(call: Call, visit: Value) -> Value:
    # A visitor without a contact has a record as well.
    contact = records.find(call.world, call.portal, visit["contact"])
    if contact is None:
        return {"vid": 1, "canonical-vid": 1, "is-contact": False, "properties": {}}
    names = request.args.getlist("property")
    values = contact["properties"]
    return {
        "vid": int(visit["contact"]),
        "canonical-vid": int(contact["id"]),
        "is-contact": True,
        "properties": {name: {"value": values[name]} for name in names if values.get(name)},
    }


@control.post("/visitors")
def visit() -> Value:
    """`{portal?, utk, contact?}`: assign a cookie to a contact, or to none yet."""
    body = request.get_json()
    visitor = {"contact": str(body.get("contact", ""))}
    return world().store.put(f"visitor:{body.get('portal', PORTAL)}", body["utk"], visitor)
