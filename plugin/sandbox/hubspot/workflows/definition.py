"""The app's definition in HubSpot after the upload of `hubspot-app.json`."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from plugin.sandbox.config import SandboxConfig

Value = dict[str, Any]
FIRST_DEFINITION_ID = 200000001
FIRST_SUBSCRIPTION_ID = 3000001


def definition(config: SandboxConfig) -> Value:
    # The time of the last change is part of the key, as an upload would be.
    path = config.app_definition
    return _read(path, config.target, path.stat().st_mtime)


@lru_cache(maxsize=8)
def _read(path: Path, target: str, _changed: float) -> Value:
    app: Value = json.loads(path.read_text(encoding="utf-8").replace("${BASE_URL}", target))
    for number, action in enumerate(app["workflowActions"]):
        action["definitionId"] = FIRST_DEFINITION_ID + number
    hooks = app["webhooks"]
    for number, subscription in enumerate(
        [*hooks.get("crmObjects", []), *hooks.get("hubEvents", [])]
    ):
        subscription["id"] = FIRST_SUBSCRIPTION_ID + number
    return app


def action(config: SandboxConfig, uid: str) -> Value | None:
    matching = (action for action in definition(config)["workflowActions"] if action["uid"] == uid)
    return next(matching, None)


def subscription(
    config: SandboxConfig, kind: str, property_name: str | None = None
) -> Value | None:
    hooks = definition(config)["webhooks"]
    for entry in [*hooks.get("crmObjects", []), *hooks.get("hubEvents", [])]:
        same = entry["subscriptionType"] == kind and entry.get("propertyName") == property_name
        if same and entry.get("active"):
            match: Value = entry
            return match
    return None


def labels(action_definition: Value, language: str) -> Value:
    """Return the action's labels in `language`, else in English."""
    texts: Value = action_definition["labels"]
    chosen: Value = texts.get(language) or texts["en"]
    return chosen
