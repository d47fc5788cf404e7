"""A property that the portal's admin adds, and how a record's page edits each type."""

import re
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from plugin.sandbox.hubspot.api import schema
from plugin.sandbox.hubspot.pages.screens import portal_or_404, screens
from plugin.sandbox.world import world

Value = dict[str, Any]
# What the form calls it, HubSpot's type, and its field.
KINDS = {
    "text": ("Text", "string", "text"),
    "number": ("Number", "number", "number"),
    "date": ("Date", "date", "date"),
    "datetime": ("Date and time", "datetime", "date"),
    "select": ("One of several", "enumeration", "select"),
    "checkbox": ("Several of several", "enumeration", "checkbox"),
    "bool": ("Yes or no", "bool", "booleancheckbox"),
}
YES_OR_NO = [{"value": "true", "label": "Yes"}, {"value": "false", "label": "No"}]


@screens.post("/portal/<int:portal>/properties")
def new_property(portal: int) -> Response:
    portal_or_404(portal)
    label = request.form.get("label", "").strip()
    name = re.sub(r"\W+", "_", label.lower(), flags=re.ASCII).strip("_")
    if not name or world().store.get(f"property:{portal}", name):
        note = "That name is taken." if name else "Latin letters are needed for its name."
        return redirect(url_for(".portal_home", portal=portal, note=note), 303)
    _, kind, field_type = KINDS[request.form.get("kind", "text")]
    texts = request.form.get("options", "").split(",") if kind == "enumeration" else []
    values: Value = {"name": name, "label": label, "type": kind, "fieldType": field_type}
    values = {**values, "groupName": "contactinformation", "options": _options(texts)}
    schema.define(world(), portal, values)
    return redirect(url_for(".portal_home", portal=portal, note=f"{label} is there."), 303)


def _options(texts: list[str]) -> list[Value]:
    labels = [text.strip() for text in texts if text.strip()]
    return [
        {"value": label, "label": label, "displayOrder": place, "hidden": False}
        for place, label in enumerate(labels)
    ]


def to_edit(portal: int, definition: Value) -> Value:
    """A definition with the options that HubSpot itself would offer."""
    if definition["type"] == "bool":
        return {**definition, "options": definition["options"] or YES_OR_NO}
    if definition.get("referencedObjectType") != "OWNER":
        return definition
    owners = world().store.all(f"owner:{portal}")
    options = [{"value": row["id"], "label": row.get("email") or row["id"]} for row in owners]
    return {**definition, "options": options}
