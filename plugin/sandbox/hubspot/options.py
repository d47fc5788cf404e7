"""The options call: the workflow editor asks the app what a dropdown offers."""

import json
from collections.abc import Mapping
from typing import Any

from plugin.sandbox.hubspot.workflows import origin, post
from plugin.sandbox.world import World

Value = dict[str, Any]
# Not published; an editor does not wait long.
TIMEOUT_SECONDS = 10


def fetch(
    world: World,
    portal: int,
    action: Value,
    name: str,
    others: Mapping[str, str],
    q: str = "",
    after: str = "",
) -> Value:
    """`{options, after?, searchable?}` from the app, or `{options: [], error}`."""
    field = next((one for one in action["inputFields"] if one["name"] == name), None)
    if field is None or "optionsUrl" not in field:
        return {"options": [], "error": f"{name} has no options address"}
    asked = origin(action, portal)
    body = {
        "origin": {key: asked[key] for key in _ORIGIN},
        # Real bodies repeat these two at the top, though the documentation shows them inside.
        "portalId": portal,
        "extensionDefinitionId": action["definitionId"],
        "objectTypeId": "0-1",
        "inputFieldName": name,
        "inputFields": _parents(action, name, others),
        "fetchOptions": {key: text for key, text in (("q", q), ("after", after)) if text},
    }
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    status, answer = post(world, field["optionsUrl"], text, TIMEOUT_SECONDS)
    if status != 200 or "options" not in answer:
        return {"options": [], "error": f"The app answered {status or 'nothing'}."}
    return answer


_ORIGIN = ("portalId", "actionDefinitionId", "actionDefinitionVersion")


def _parents(action: Value, name: str, others: Mapping[str, str]) -> Value:
    """Only a controlling field's value is sent along."""
    parents = [
        one["controllingFieldName"]
        for one in action.get("inputFieldDependencies", [])
        if name in one["dependentFieldNames"]
    ]
    return {
        parent: {"type": "STATIC_VALUE", "value": others[parent]}
        for parent in parents
        if others.get(parent)
    }
