"""Contact properties: which exist, and which values they take."""

import re
from collections.abc import Mapping
from typing import Any

from plugin.sandbox.hubspot import times
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
    ("hs_object_id", "Record ID", "number", "number"),
    ("createdate", "Create date", "datetime", "date"),
    ("lastmodifieddate", "Last modified date", "datetime", "date"),
    ("hs_merged_object_ids", "Merged record IDs", "string", "text"),
)


def seed_schema(world: World, portal: int) -> None:
    """HubSpot's own group and properties of a portal."""
    group = {"name": "contactinformation", "label": "Contact information", "displayOrder": 0}
    world.store.put(f"group:{portal}", group["name"], {**group, "archived": False})
    for name, label, kind, field_type in _STANDARD:
        given = {"name": name, "label": label, "type": kind, "fieldType": field_type}
        define(world, portal, {**given, "groupName": group["name"]}, own=True)


def define(world: World, portal: int, given: Value, own: bool = False) -> Value:
    """Keep a property definition; `own` marks HubSpot's."""
    now = times.iso(world.clock.millis())
    made = {
        "description": "",
        "options": [],
        "displayOrder": -1,
        "hasUniqueValue": given["name"] == "email",
        "hidden": False,
        "formField": False,
        "calculated": False,
        "externalOptions": False,
        "archived": False,
        "hubspotDefined": own,
        **given,
        "createdAt": now,
        "updatedAt": now,
        "modificationMetadata": {
            "archivable": not own,
            "readOnlyDefinition": own,
            "readOnlyValue": given["name"] in READ_ONLY,
        },
    }
    return world.store.put(f"property:{portal}", made["name"], made)


def is_unique(world: World, portal: int, name: str) -> bool:
    """Whether records can be found by this property's value."""
    definition = world.store.get(f"property:{portal}", name)
    return bool(definition and definition["hasUniqueValue"])


def problems(world: World, portal: int, properties: Mapping[str, Any]) -> list[Value]:
    """What is wrong with values to be written, in HubSpot's words; empty where nothing is."""
    found = []
    for name, value in properties.items():
        code, message = _fault(world.store.get(f"property:{portal}", name), name, value)
        if code:
            found.append(
                {
                    "isValid": False,
                    "message": message,
                    "error": code,
                    "name": name,
                    "portalId": portal,
                    "localizedErrorMessage": message,
                }
            )
    return found


def _fault(definition: Value | None, name: str, value: Any) -> tuple[str, str]:
    if definition is None:
        return "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'
    if name in READ_ONLY:
        return "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.'
    text = "" if value is None else str(value)
    if not text:
        return "", ""
    if len(text) > MAX_TEXT:
        return "INVALID_STRING_LENGTH", f'Property "{name}" is longer than {MAX_TEXT} characters'
    if name == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        return "INVALID_EMAIL", f"Email address {text} is invalid"
    return _type_fault(definition, text)


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
    """The text HubSpot keeps for a value: e-mails in lower case, times as RFC 3339."""
    text = "" if value is None else str(value)
    definition = world.store.get(f"property:{portal}", name) or {}
    if name == "email":
        return text.lower()
    if definition.get("type") == "datetime" and text:
        moment = times.millis(text)
        return text if moment is None else times.iso(moment)
    return text
