"""Control API: what an admin changes about lists and property definitions."""

from typing import Any

from flask import request

from plugin.sandbox.hubspot.api import lists, schema
from plugin.sandbox.hubspot.control_routes import control
from plugin.sandbox.hubspot.seeding import PORTAL
from plugin.sandbox.world import world

Answer = dict[str, Any]
FIELDS = ("label", "type", "fieldType", "options", "dataSensitivity", "referencedObjectType")


@control.post("/properties")
def make_property() -> tuple[Answer, int]:
    """`{portal, name, label, type, fieldType, options?}`: an admin defines a property."""
    body = request.get_json()
    portal = int(body.pop("portal", PORTAL))
    values = {"groupName": "contactinformation", **body, "options": _options(body)}
    return schema.define(world(), portal, values), 201


@control.post("/properties/<name>")
def redefine(name: str) -> Answer | tuple[Answer, int]:
    """`{portal, label?, type?, fieldType?, options?, dataSensitivity?}`: rename, or retype."""
    body = request.get_json()
    portal = int(body.get("portal", PORTAL))
    with world().store as store:
        definition = store.get(f"property:{portal}", name)
        if definition is None:
            return {"message": "no such property"}, 404
        changes = {field: body[field] for field in FIELDS if field in body}
        if "options" in changes:
            changes["options"] = _options(body)
        return store.put(f"property:{portal}", name, {**definition, **changes})


def _options(body: Answer) -> list[Answer]:
    # As pairs of value and label.
    return [
        {"value": value, "label": label, "displayOrder": place, "hidden": False}
        for place, (value, label) in enumerate(body.get("options") or [])
    ]


@control.patch("/lists/<list_id>")
def change_list(list_id: str) -> Answer | tuple[Answer, int]:
    """`{portal, name?, processing_status?, add?: [ids], remove?: [ids]}`: people join and leave."""
    body, sandbox = request.get_json(), world()
    portal = int(body.get("portal", PORTAL))
    with sandbox.store as store:
        contact_list = store.get(f"list:{portal}", list_id)
        if contact_list is None:
            return {"message": "no such list"}, 404
        contact_list["name"] = body.get("name", contact_list["name"])
        status = body.get("processing_status", contact_list["processingStatus"])
        contact_list["processingStatus"] = status
        store.put(f"list:{portal}", list_id, contact_list)
        lists.add_members(sandbox, portal, list_id, [str(row) for row in body.get("add", [])])
        for contact_id in body.get("remove", []):
            store.delete(f"member:{portal}:{list_id}", str(contact_id))
    return contact_list


@control.delete("/lists/<list_id>")
def delete_list(list_id: str) -> Answer:
    """`{portal}`: somebody deletes a list; it can be restored."""
    portal = int((request.get_json(silent=True) or {}).get("portal", PORTAL))
    return {"deleted": lists.delete_list(world(), portal, list_id)}


@control.post("/lists/<list_id>/restore")
def restore_list(list_id: str) -> Answer:
    portal = int((request.get_json(silent=True) or {}).get("portal", PORTAL))
    with world().store as store:
        contact_list = store.delete(f"deleted-list:{portal}", list_id)
        if contact_list is not None:
            store.put(f"list:{portal}", list_id, contact_list)
    return {"restored": contact_list is not None}
