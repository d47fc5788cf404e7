"""Single contacts over the API: list, read, create, update, delete, merge, privacy deletion."""

from typing import Any

from plugin.sandbox.hubspot import records, times
from plugin.sandbox.hubspot.api.answers import Answer, Body, Refused, not_found
from plugin.sandbox.hubspot.api.calls import Call, operation

BASE = "/crm/objects/2026-09/contacts"
READ, WRITE = "crm.objects.contacts.read", "crm.objects.contacts.write"
APP = "INTEGRATION"
DEFAULT_PROPERTIES = ("email", "firstname", "lastname")
ALWAYS = ("createdate", "hs_object_id", "lastmodifieddate")
Value = dict[str, Any]


def shown(contact: Value, properties: list[str] | None = None) -> Body:
    """A record as reads return it; properties without a value are null."""
    # An empty text and an unset property look the same from outside.
    names = [*ALWAYS, *(properties or DEFAULT_PROPERTIES)]
    return {
        "id": contact["id"],
        "properties": {name: contact["properties"].get(name) or None for name in names},
        "createdAt": times.iso(contact["createdAt"]),
        "updatedAt": times.iso(contact["updatedAt"]),
        "archived": False,
    }


def written(contact: Value) -> Body:
    """A record as writes return it: all properties that have a value."""
    return shown(contact, [name for name, text in contact["properties"].items() if text])


@operation("GET", BASE, READ)
def page(call: Call) -> Answer:
    """Up to 100 contacts; the cursor is the last id of the previous page."""
    limit, after = int(call.query("limit", "10")), int(call.query("after", "0") or 0)
    if not 1 <= limit <= 100:
        raise Refused(400, "limit must be between 1 and 100")
    every = call.world.store.keys(f"contact:{call.portal}")
    ids = [contact_id for contact_id in every if int(contact_id) > after]
    contacts = [records.find(call.world, call.portal, contact_id) for contact_id in ids[:limit]]
    names = call.query_list("properties")
    body: Body = {"results": [shown(contact, names) for contact in contacts if contact]}
    if len(ids) > limit:
        body["paging"] = {"next": {"after": ids[limit - 1]}}
    return body, 200


@operation("POST", BASE, WRITE)
def create(call: Call) -> Answer:
    """`{properties, associations?}` -> 201; 409 if the email is taken."""
    properties = call.body["properties"]
    with call.world.store:
        records.check(call.world, call.portal, properties)
        return written(records.create(call.world, call.portal, properties, APP)), 201


def _find(call: Call, contact_id: str) -> Value:
    name = call.query("idProperty")
    if not name:
        return records.require(call.world, call.portal, contact_id)
    contact = records.find_by(call.world, call.portal, name, contact_id)
    if contact is None:
        raise not_found()
    return contact


@operation("GET", f"{BASE}/<contact_id>", READ)
def get(call: Call, contact_id: str) -> Answer:
    """By record id, or by the unique property named in `idProperty`."""
    return shown(_find(call, contact_id), call.query_list("properties")), 200


@operation("PATCH", f"{BASE}/<contact_id>", WRITE)
def update(call: Call, contact_id: str) -> Answer:
    """`{properties}`; an empty text clears."""
    with call.world.store:
        contact = _find(call, contact_id)
        records.check(call.world, call.portal, call.body["properties"], contact["id"])
        return written(records.update(call.world, contact, call.body["properties"], APP)), 200


@operation("DELETE", f"{BASE}/<contact_id>", WRITE)
def archive(call: Call, contact_id: str) -> Answer:
    """204 also for a deleted contact."""
    records.archive(call.world, call.portal, contact_id, APP)
    return None, 204


@operation("POST", f"{BASE}/merge", WRITE)
def merge(call: Call) -> Answer:
    """`{primaryObjectId, objectIdToMerge}` -> the merge target."""
    primary, other = call.body["primaryObjectId"], call.body["objectIdToMerge"]
    if str(primary) == str(other):
        raise Refused(400, "Cannot merge an object into itself.")
    return written(records.merge(call.world, call.portal, primary, other, APP)), 200


@operation("POST", f"{BASE}/gdpr-delete", WRITE)
def forget(call: Call) -> Answer:
    """`{objectId, idProperty?}` -> 204; not restorable."""
    contact_id = str(call.body["objectId"])
    if call.body.get("idProperty") == "email":
        contact = records.find_by(call.world, call.portal, "email", contact_id)
        contact_id = contact["id"] if contact else "0"
    records.forget(call.world, call.portal, contact_id, APP)
    return None, 204
