"""Generate a HubSpot project, in the format of version 2026.09, from `hubspot-app.json`."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Value = dict[str, Any]
SOURCE = "src"
APP_UID, WEBHOOKS_UID = "musubi", "musubi-webhooks"
# The members of HubSpot's labels; the labels of an output's options stand at the options.
LABELS = (
    "actionName", "actionDescription", "actionCardContent", "appDisplayName", "inputFieldLabels",
    "inputFieldDescriptions", "inputFieldOptionLabels", "outputFieldLabels", "executionRules",
)  # fmt: skip
TYPE = ("name", "type", "fieldType", "optionsUrl")
KEPT = ("objectTypes", "objectRequestOptions", "executionRules", "inputFieldDependencies")


class Profile(NamedTuple):
    name: str
    base_url: str
    account_id: int
    # HubSpot shows it to users beside the app.
    support_email: str = ""


def project_files(app: Value, profiles: Sequence[Profile]) -> dict[str, str]:
    folder = f"{SOURCE}/app"
    files: dict[str, Value] = {
        "hsproject.json": {
            "name": app["name"].lower(),
            "platformVersion": app["platformVersion"],
            "srcDir": SOURCE,
        },
        f"{folder}/app-hsmeta.json": _component(APP_UID, "app", _app(app)),
        f"{folder}/webhooks/webhooks-hsmeta.json": _component(
            WEBHOOKS_UID, "webhooks", _webhooks(app["webhooks"])
        ),
    }
    for action in app["workflowActions"]:
        path = f"{folder}/workflow-actions/{action['uid']}-hsmeta.json"
        files[path] = _component(action["uid"], "workflow-action", _action(action))
    for profile in profiles:
        files[f"{SOURCE}/hsprofile.{profile.name}.json"] = {
            "accountId": profile.account_id,
            "variables": {"BASE_URL": profile.base_url, "SUPPORT_EMAIL": profile.support_email},
        }
    return {path: _written(content) for path, content in sorted(files.items())}


def _written(content: Value) -> str:
    # Sorted, so that the same definition always gives the same bytes.
    return json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _component(uid: str, kind: str, config: Value) -> Value:
    return {"uid": uid, "type": kind, "config": config}


def _app(app: Value) -> Value:
    return {
        "name": app["name"],
        "description": app["description"],
        "distribution": app["distribution"],
        "auth": {
            "type": "oauth",
            "redirectUrls": app["redirectUrls"],
            "requiredScopes": app["scopes"]["required"],
            "optionalScopes": app["scopes"]["optional"],
            "conditionallyRequiredScopes": [],
        },
        "permittedUrls": {"fetch": [], "iframe": [], "img": []},
        "support": app["support"],
    }


def _webhooks(webhooks: Value) -> Value:
    return {
        "settings": {
            "targetUrl": webhooks["targetUrl"],
            "maxConcurrentRequests": webhooks["maxConcurrentRequests"],
        },
        "subscriptions": {
            "crmObjects": webhooks["crmObjects"],
            "legacyCrmObjects": [],
            "hubEvents": webhooks["hubEvents"],
        },
    }


def _action(action: Value) -> Value:
    labels: Mapping[str, Value] = action["labels"]
    english = labels["en"]
    config = {
        "actionUrl": action["actionUrl"],
        "isPublished": True,
        # Not offered to AI agents: a message to a customer is a person's decision.
        "supportedClients": [{"client": "WORKFLOWS"}],
        "inputFields": [_input(field, english) for field in action["inputFields"]],
        "outputFields": [_output(field, english) for field in action["outputFields"]],
        "labels": {locale: _labels(texts) for locale, texts in labels.items()},
    }
    return config | {name: action[name] for name in KEPT if name in action}


def _labels(texts: Value) -> Value:
    # HubSpot wants these two even where there is no input.
    empty: Value = {"inputFieldLabels": {}, "inputFieldDescriptions": {}}
    return empty | {name: texts[name] for name in LABELS if name in texts}


def _input(field: Value, english: Value) -> Value:
    words = english.get("inputFieldOptionLabels", {}).get(field["name"], {})
    return {
        "typeDefinition": _type(field, words),
        "supportedValueTypes": field["supportedValueTypes"],
        "isRequired": field["isRequired"],
    }


def _output(field: Value, english: Value) -> Value:
    words = english.get("outputFieldOptionLabels", {}).get(field["name"], {})
    return {"typeDefinition": _type(field, words)}


def _type(field: Value, words: Mapping[str, str]) -> Value:
    definition: Value = {name: field[name] for name in TYPE if name in field}
    if "options" in field:
        definition["options"] = [
            {
                "value": value,
                "label": words.get(value, value),
                "description": "",
                "displayOrder": place,
            }
            for place, value in enumerate(field["options"])
        ]
    return definition
