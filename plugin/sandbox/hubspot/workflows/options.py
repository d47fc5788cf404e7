"""The options call: the workflow editor asks the app for the options of a dropdown."""

import json
from collections.abc import Mapping
from typing import Any

from plugin.sandbox.hubspot.workflows.running import origin, post
from plugin.sandbox.world import World

Value = dict[str, Any]
# Not published; an editor does not wait long.
TIMEOUT_SECONDS = 10


def fetch(
    world: World,
    portal: int,
    action: Value,
    name: str,
    values: Mapping[str, str],
    q: str = "",
    after: str = "",
) -> Value:
    """`{options, after?, searchable?}` from the app, or `{options: [], error}`."""
    field = next((entry for entry in action["inputFields"] if entry["name"] == name), None)
    if field is None or "optionsUrl" not in field:
        return {"options": [], "error": f"{name} has no options address"}
    payload = origin(action, portal)
    body = {
        "origin": {key: payload[key] for key in _ORIGIN},
        # Real bodies repeat these two at the top, though the documentation shows them inside.
        "portalId": portal,
        "extensionDefinitionId": action["definitionId"],
        "objectTypeId": "0-1",
        "inputFieldName": name,
        "inputFields": _parents(action, name, values),
        "fetchOptions": {key: text for key, text in (("q", q), ("after", after)) if text},
    }
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    status, answer = post(world, field["optionsUrl"], text, TIMEOUT_SECONDS)
    if status != 200 or "options" not in answer:
        return {"options": [], "error": f"The app answered {status or 'nothing'}."}
    return answer


_ORIGIN = ("portalId", "actionDefinitionId", "actionDefinitionVersion")


def _parents(action: Value, name: str, values: Mapping[str, str]) -> Value:
    # Only the value of a controlling field is sent.
    parents = [
        dependency["controllingFieldName"]
        for dependency in action.get("inputFieldDependencies", [])
        if name in dependency["dependentFieldNames"]
    ]
    return {
        parent: {"type": "STATIC_VALUE", "value": values[parent]}
        for parent in parents
        if values.get(parent)
    }
