"""HubSpot's own form of the app: the files of an uploadable project, made from `hubspot-app.json`.

The form is that of platform version 2026.09. The same definition always gives the same bytes.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Value = dict[str, Any]
SOURCE = "src"
APP_UID, WEBHOOKS_UID = "musubi", "musubi-webhooks"
# What HubSpot's labels know; the words of an output's options stand at the options themselves.
LABELS = (
    "actionName", "actionDescription", "actionCardContent", "appDisplayName", "inputFieldLabels",
    "inputFieldDescriptions", "inputFieldOptionLabels", "outputFieldLabels", "executionRules",
)  # fmt: skip
TYPE = ("name", "type", "fieldType", "optionsUrl")
KEPT = ("objectTypes", "objectRequestOptions", "executionRules", "inputFieldDependencies")


class Profile(NamedTuple):
    """One environment: where Musubi is, and the HubSpot account the project is uploaded to.

    `support_email`: whom HubSpot's users write to; HubSpot shows it beside the app.
    """

    name: str
    base_url: str
    account_id: int
    support_email: str = ""


def project_files(app: Value, profiles: Sequence[Profile]) -> dict[str, str]:
    """Every file of the project by its path, with slashes."""
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
        # Not as a tool of AI agents: a message to a customer is a person's decision.
        "supportedClients": [{"client": "WORKFLOWS"}],
        "inputFields": [_input(field, english) for field in action["inputFields"]],
        "outputFields": [_output(field, english) for field in action["outputFields"]],
        "labels": {locale: _labels(texts) for locale, texts in labels.items()},
    }
    return config | {name: action[name] for name in KEPT if name in action}


def _labels(texts: Value) -> Value:
    """HubSpot wants the two for inputs even where there is no input."""
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
    told: Value = {name: field[name] for name in TYPE if name in field}
    if "options" in field:
        told["options"] = [
            {
                "value": value,
                "label": words.get(value, value),
                "description": "",
                "displayOrder": place,
            }
            for place, value in enumerate(field["options"])
        ]
    return told
