"""Contact properties: their definitions and valid values."""

import re
from collections.abc import Mapping
from typing import Any

from plugin.sandbox.hubspot import times
from plugin.sandbox.hubspot.api.answers import Refused
from plugin.sandbox.world import World

Value = dict[str, Any]
READ_ONLY = ("hs_object_id", "createdate", "lastmodifieddate", "hs_merged_object_ids")
MAX_TEXT = 65_536
_STANDARD = (
    ("email", "Email", "string", "text"),
    ("firstname", "First name", "string", "text"),
    ("lastname", "Last name", "string", "text"),
    ("phone", "Phone number", "string", "phonenumber"),
    ("mobilephone", "Mobile phone number", "string", "phonenumber"),
    ("company", "Company name", "string", "text"),
    ("city", "City", "string", "text"),
    ("jobtitle", "Job title", "string", "text"),
    ("hs_language", "Preferred language", "string", "text"),
    ("lifecyclestage", "Lifecycle stage", "enumeration", "radio"),
    ("hubspot_owner_id", "Contact owner", "enumeration", "select"),
    ("hs_object_id", "Record ID", "number", "number"),
    ("createdate", "Create date", "datetime", "date"),
    ("lastmodifieddate", "Last modified date", "datetime", "date"),
    ("hs_merged_object_ids", "Merged record IDs", "string", "text"),
)

STAGES = (("subscriber", "Subscriber"), ("lead", "Lead"), ("customer", "Customer"))
# What HubSpot's own properties have beside a name and a type.
_MORE: dict[str, Value] = {
    "lifecyclestage": {
        "options": [
            {"value": value, "label": label, "displayOrder": place, "hidden": False}
            for place, (value, label) in enumerate(STAGES)
        ]
    },
    "hubspot_owner_id": {"externalOptions": True, "referencedObjectType": "OWNER"},
}


def seed_schema(world: World, portal: int) -> None:
    """Define HubSpot's own group and properties of a portal."""
    group = {"name": "contactinformation", "label": "Contact information", "displayOrder": 0}
    world.store.put(f"group:{portal}", group["name"], {**group, "archived": False})
    for name, label, kind, field_type in _STANDARD:
        definition: Value = {"name": name, "label": label, "type": kind, "fieldType": field_type}
        definition = {**definition, **_MORE.get(name, {}), "groupName": group["name"]}
        define(world, portal, definition, own=True)


def define(world: World, portal: int, values: Value, own: bool = False) -> Value:
    """Store a property definition; `own` marks HubSpot's."""
    now = times.iso(world.clock.millis())
    definition = {
        "description": "",
        "options": [],
        "displayOrder": -1,
        "hasUniqueValue": values["name"] == "email",
        "hidden": False,
        "formField": False,
        "calculated": False,
        "externalOptions": False,
        "archived": False,
        "hubspotDefined": own,
        **values,
        "createdAt": now,
        "updatedAt": now,
        "modificationMetadata": {
            "archivable": not own,
            "readOnlyDefinition": own,
            "readOnlyValue": values["name"] in READ_ONLY,
        },
    }
    return world.store.put(f"property:{portal}", definition["name"], definition)


def is_unique(world: World, portal: int, name: str) -> bool:
    """Return whether records can be found by this property's value."""
    definition = world.store.get(f"property:{portal}", name)
    return bool(definition and definition["hasUniqueValue"])


def problems(world: World, portal: int, properties: Mapping[str, Any]) -> list[Value]:
    """Return the errors of values to be written, in HubSpot's words."""
    errors = []
    for name, value in properties.items():
        definition = world.store.get(f"property:{portal}", name)
        code, message = _fault(_with_owners(world, portal, definition), name, value)
        if not code:
            code, message = _broken_rule(world, portal, name, value)
        if code:
            errors.append(
                {
                    "isValid": False,
                    "message": message,
                    "error": code,
                    "name": name,
                    "portalId": portal,
                    "localizedErrorMessage": message,
                }
            )
    return errors


def _with_owners(world: World, portal: int, definition: Value | None) -> Value | None:
    # The options of a property of owners are the portal's owners.
    if definition is None or definition.get("referencedObjectType") != "OWNER":
        return definition
    owners = world.store.all(f"owner:{portal}")
    return {**definition, "options": [{"value": owner["id"]} for owner in owners]}


def _fault(definition: Value | None, name: str, value: Any) -> tuple[str, str]:
    if definition is None:
        return "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'
    if definition["modificationMetadata"]["readOnlyValue"]:
        return "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.'
    text = "" if value is None else str(value)
    if not text:
        return "", ""
    if len(text) > MAX_TEXT:
        return "INVALID_STRING_LENGTH", f'Property "{name}" is longer than {MAX_TEXT} characters'
    if name == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        return "INVALID_EMAIL", f"Email address {text} is invalid"
    return _type_fault(definition, text)


def set_read_only(world: World, portal: int, name: str, read_only: bool) -> None:
    """Make a property's values read-only, or writable again, as an admin may."""
    definition = world.store.get(f"property:{portal}", name)
    if definition is not None:
        metadata = {**definition["modificationMetadata"], "readOnlyValue": read_only}
        world.store.put(
            f"property:{portal}", name, {**definition, "modificationMetadata": metadata}
        )


def refuse_sensitive(world: World, portal: int, names: Any) -> None:
    """Raise HubSpot's refusal where one of the properties to be read holds sensitive data."""
    for name in names or ():
        definition = world.store.get(f"property:{portal}", name) or {}
        if definition.get("dataSensitivity", "non_sensitive") != "non_sensitive":
            message = f"This app may not read the sensitive data in the property {name}."
            raise Refused(403, message, "MISSING_SCOPES")


def set_rule(world: World, portal: int, name: str, rule: Value | None) -> None:
    """Set an admin's validation rule, `{pattern, message, code?}`, or remove it (None).

    Since 2026-09 such rules hold for the API too. HubSpot's code word for it is not documented.
    """
    if rule is None:
        world.store.delete(f"property-rule:{portal}", name)
    else:
        world.store.put(f"property-rule:{portal}", name, rule)


def _broken_rule(world: World, portal: int, name: str, value: Any) -> tuple[str, str]:
    rule = world.store.get(f"property-rule:{portal}", name)
    text = "" if value is None else str(value)
    if rule is None or not text or re.fullmatch(rule["pattern"], text):
        return "", ""
    return rule.get("code", "VALIDATION_RULE_NOT_MET"), rule["message"]


def _type_fault(definition: Value, text: str) -> tuple[str, str]:
    kind, name = definition["type"], definition["name"]
    if kind == "number" and not re.fullmatch(r"-?\d+(\.\d+)?", text):
        return "INVALID_NUMBER", f"{text} was not a valid number."
    if kind in ("date", "datetime") and times.millis(text) is None:
        return "INVALID_DATE", f"{text} was not a valid long."
    allowed = {option["value"] for option in definition["options"]}
    if kind == "bool":
        allowed = {"true", "false"}
    chosen = text.split(";") if definition["fieldType"] == "checkbox" else [text]
    if kind in ("enumeration", "bool") and not allowed.issuperset(chosen):
        listed = ", ".join(sorted(allowed))
        return "INVALID_OPTION", f"{name}: {text} was not one of the allowed options: [{listed}]"
    return "", ""


def normal(world: World, portal: int, name: str, value: Any) -> str:
    """Return a value as HubSpot stores it: emails in lower case, times as RFC 3339."""
    text = "" if value is None else str(value)
    definition = world.store.get(f"property:{portal}", name) or {}
    if name == "email":
        return text.lower()
    if definition.get("type") == "datetime" and text:
        moment = times.millis(text)
        return text if moment is None else times.iso(moment)
    return text
