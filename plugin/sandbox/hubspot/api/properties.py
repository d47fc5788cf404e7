"""Property groups and properties of contacts, and their limits."""

import re
from typing import Any

from plugin.sandbox.hubspot import times
from plugin.sandbox.hubspot.api import schema
from plugin.sandbox.hubspot.api.answers import Answer, Body, Refused, not_found
from plugin.sandbox.hubspot.api.calls import Call, operation

BASE = "/crm/properties/2026-09/<object_type>"
READ, WRITE = "crm.schemas.contacts.read", "crm.schemas.contacts.write"
CONTACTS = ("contacts", "contact", "0-1")
FIELD_TYPES = {
    "string": ("text", "textarea", "html", "phonenumber", "file"),
    "number": ("number",),
    "date": ("date",),
    "datetime": ("date",),
    "enumeration": ("select", "radio", "checkbox", "booleancheckbox"),
    "bool": ("booleancheckbox",),
    "phone_number": ("phonenumber",),
}
OPTION_FIELDS = ("label", "value", "displayOrder", "hidden")
MAX_UNIQUE, MAX_CUSTOM, MAX_BATCH = 10, 1000, 100
Value = dict[str, Any]


def _only_contacts(object_type: str) -> None:
    if object_type not in CONTACTS:
        raise Refused(400, f"Unable to infer object type from: {object_type}")


@operation("GET", f"{BASE}/groups", READ)
def list_groups(call: Call, object_type: str) -> Answer:
    _only_contacts(object_type)
    return {"results": call.world.store.all(f"group:{call.portal}")}, 200


@operation("POST", f"{BASE}/groups", WRITE)
def create_group(call: Call, object_type: str) -> Answer:
    """`{name, label, displayOrder?}` -> 201; 409 if the name is taken."""
    _only_contacts(object_type)
    name, label = call.body["name"], call.body["label"]
    with call.world.store as store:
        if store.get(f"group:{call.portal}", name):
            raise Refused(
                409, f"Property group named {name} already exists.", "OBJECT_ALREADY_EXISTS"
            )
        order = call.body.get("displayOrder", -1)
        group = {"name": name, "label": label, "displayOrder": order, "archived": False}
        return store.put(f"group:{call.portal}", name, group), 201


@operation("GET", f"{BASE}/groups/<name>", READ)
def get_group(call: Call, object_type: str, name: str) -> Answer:
    _only_contacts(object_type)
    group = call.world.store.get(f"group:{call.portal}", name)
    if group is None:
        raise not_found()
    return group, 200


@operation("GET", BASE, READ)
def list_properties(call: Call, object_type: str) -> Answer:
    _only_contacts(object_type)
    return {"results": call.world.store.all(f"property:{call.portal}")}, 200


@operation("GET", f"{BASE}/<name>", READ)
def get_property(call: Call, object_type: str, name: str) -> Answer:
    _only_contacts(object_type)
    definition = call.world.store.get(f"property:{call.portal}", name)
    if definition is None:
        raise not_found(f"Property {name} does not exist")
    return definition, 200


@operation("POST", BASE, WRITE)
def create_property(call: Call, object_type: str) -> Answer:
    """A definition -> 201; 409 if the name is taken."""
    _only_contacts(object_type)
    with call.world.store:
        _check(call, call.body)
        return schema.define(call.world, call.portal, call.body), 201


@operation("POST", f"{BASE}/batch/create", WRITE)
def create_properties(call: Call, object_type: str) -> Answer:
    """`{inputs: [definition]}` -> 200 in 2026-09; an existing name refuses the whole batch."""
    _only_contacts(object_type)
    inputs = call.body["inputs"]
    if len(inputs) > MAX_BATCH:
        raise Refused(400, f"The maximum number of inputs is {MAX_BATCH}")
    with call.world.store:
        for definition in inputs:
            _check(call, definition)
        properties = [schema.define(call.world, call.portal, definition) for definition in inputs]
    return _batch(call, properties), 200


@operation("POST", f"{BASE}/batch/read", READ)
def read_properties(call: Call, object_type: str) -> Answer:
    """`{inputs: [{name}], archived}`."""
    _only_contacts(object_type)
    store, names = call.world.store, [definition["name"] for definition in call.body["inputs"]]
    definitions = [store.get(f"property:{call.portal}", name) for name in names]
    return _batch(call, [definition for definition in definitions if definition]), 200


@operation("PATCH", f"{BASE}/<name>", WRITE)
def update_property(call: Call, object_type: str, name: str) -> Answer:
    _only_contacts(object_type)
    with call.world.store as store:
        definition = store.get(f"property:{call.portal}", name)
        if definition is None:
            raise not_found(f"Property {name} does not exist")
        changes = {key: value for key, value in call.body.items() if key not in ("name", "type")}
        return store.put(f"property:{call.portal}", name, {**definition, **changes}), 200


@operation("DELETE", f"{BASE}/<name>", WRITE)
def archive_property(call: Call, object_type: str, name: str) -> Answer:
    """Archive a property; its name stays taken."""
    _only_contacts(object_type)
    with call.world.store as store:
        definition = store.delete(f"property:{call.portal}", name)
        if definition:
            store.put(f"archived-property:{call.portal}", name, definition)
    return None, 204


def _batch(call: Call, results: list[Value]) -> Body:
    now = times.iso(call.world.clock.millis())
    return {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}


def _check(call: Call, definition: Value) -> None:
    name, kind, store = definition["name"], definition["type"], call.world.store
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,99}", name):
        raise Refused(400, f"{name} is not a valid property name")
    # Names clash with archived properties too.
    for state in ("property", "archived-property"):
        if store.get(f"{state}:{call.portal}", name):
            raise _taken(name)
    if store.get(f"group:{call.portal}", definition["groupName"]) is None:
        raise Refused(400, f"Property group {definition['groupName']} does not exist")
    if definition["fieldType"] not in FIELD_TYPES.get(kind, ()):
        raise Refused(400, f"Field type {definition['fieldType']} does not fit type {kind}")
    _check_options(definition)
    _check_unique(call, definition)


def _taken(name: str) -> Refused:
    return Refused(
        409,
        f"A property named '{name}' already exists.",
        "OBJECT_ALREADY_EXISTS",
        subCategory="Properties.PROPERTY_EXISTS",
        context={"propertyName": [name]},
    )


def _check_options(definition: Value) -> None:
    if not definition.get("label"):
        raise KeyError("label")
    options = definition.get("options") or []
    if definition["type"] == "enumeration" and not options:
        raise Refused(400, f"Property {definition['name']} needs options")
    for option in options:
        missing = [field for field in OPTION_FIELDS if option.get(field) is None]
        if missing:
            raise Refused(400, f"Invalid input JSON: option misses required fields {missing}")


def _check_unique(call: Call, definition: Value) -> None:
    every = call.world.store.all(f"property:{call.portal}")
    unique = sum(other["hasUniqueValue"] and not other["hubspotDefined"] for other in every)
    if definition.get("hasUniqueValue") and unique >= MAX_UNIQUE:
        raise Refused(400, f"An object has at most {MAX_UNIQUE} unique properties")


@operation("GET", "/crm/limits/2026-09/custom-properties", "oauth")
def limits(call: Call) -> Answer:
    """The limit of custom properties, and how many exist."""
    every = call.world.store.all(f"property:{call.portal}")
    used = sum(not definition["hubspotDefined"] for definition in every)
    share = {"limit": MAX_CUSTOM, "usage": used, "percentage": 100 * used / MAX_CUSTOM}
    contacts = {"objectTypeId": "0-1", "singularLabel": "Contact", "pluralLabel": "Contacts"}
    return {
        "overallLimit": MAX_CUSTOM,
        "overallUsage": used,
        "overallPercentage": share["percentage"],
        "byObjectType": [{**contacts, **share}],
    }, 200
