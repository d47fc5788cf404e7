"""The app as HubSpot knows it after the upload of `hubspot-app.json`."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from plugin.sandbox.config import SandboxConfig

Value = dict[str, Any]
FIRST_DEFINITION_ID = 200000001
FIRST_SUBSCRIPTION_ID = 3000001


def definition(config: SandboxConfig) -> Value:
    """The whole app, `${BASE_URL}` filled with Musubi's address."""
    # The time of the last change is part of the key, as an upload would be.
    path = config.app_definition
    return _read(path, config.target, path.stat().st_mtime)


@lru_cache(maxsize=8)
def _read(path: Path, target: str, _changed: float) -> Value:
    app: Value = json.loads(path.read_text(encoding="utf-8").replace("${BASE_URL}", target))
    for number, action in enumerate(app["workflowActions"]):
        action["definitionId"] = FIRST_DEFINITION_ID + number
    hooks = app["webhooks"]
    for number, one in enumerate([*hooks.get("crmObjects", []), *hooks.get("hubEvents", [])]):
        one["id"] = FIRST_SUBSCRIPTION_ID + number
    return app


def action(config: SandboxConfig, uid: str) -> Value | None:
    """One workflow action by its uid."""
    found = (one for one in definition(config)["workflowActions"] if one["uid"] == uid)
    return next(found, None)


def subscription(
    config: SandboxConfig, kind: str, property_name: str | None = None
) -> Value | None:
    """The active subscription for an event, if the app has one."""
    hooks = definition(config)["webhooks"]
    for one in [*hooks.get("crmObjects", []), *hooks.get("hubEvents", [])]:
        same = one["subscriptionType"] == kind and one.get("propertyName") == property_name
        if same and one.get("active"):
            found: Value = one
            return found
    return None


def labels(action_definition: Value, language: str) -> Value:
    """The action's labels in `language`, else in English."""
    texts: Value = action_definition["labels"]
    chosen: Value = texts.get(language) or texts["en"]
    return chosen
