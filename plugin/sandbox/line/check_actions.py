"""Actions: what a button does when it is tapped (Messaging API reference, Action objects)."""

from typing import Any
from urllib.parse import urlsplit

from plugin.sandbox.line import checks
from plugin.sandbox.line.checks import Problems

Action = dict[str, Any]
URI_SCHEMES = ("http", "https", "line", "tel")
KINDS = (
    "postback",
    "message",
    "uri",
    "datetimepicker",
    "camera",
    "cameraRoll",
    "location",
    "richmenuswitch",
    "clipboard",
)


def check_action(
    action: Any, path: str, problems: Problems, *, label: int = 20, labelled: bool = True
) -> None:
    """`label`: the longest label here; `labelled`: must it have one?"""
    if not isinstance(action, dict):
        problems.add("May not be empty", path)
        return
    checks.choice(action, "type", path, problems, KINDS)
    checks.text(action, "label", path, problems, label, required=labelled, count=checks.graphemes)
    _members(action, path, problems)


def _members(action: Action, path: str, problems: Problems) -> None:
    kind = action.get("type")
    # camera, cameraRoll and location have a label and nothing else.
    if kind == "postback":
        checks.text(action, "data", path, problems, 300)
        for shown in ("displayText", "text", "fillInText"):
            checks.text(action, shown, path, problems, 300, required=False, count=checks.graphemes)
    elif kind == "message":
        checks.text(action, "text", path, problems, 300, count=checks.graphemes)
    elif kind == "uri":
        _uri(action, path, problems)
    elif kind == "datetimepicker":
        checks.text(action, "data", path, problems, 300)
        checks.choice(action, "mode", path, problems, ("date", "time", "datetime"))
    elif kind == "clipboard":
        checks.text(action, "clipboardText", path, problems, 1000)
    elif kind == "richmenuswitch":
        checks.text(action, "richMenuAliasId", path, problems, 32)
        checks.text(action, "data", path, problems, 300)


def _uri(action: Action, path: str, problems: Problems) -> None:
    before = len(problems)
    checks.text(action, "uri", path, problems, 1000)
    if len(problems) == before and not valid_uri(action["uri"]):
        problems.add("invalid uri scheme", f"{path}.uri")


def valid_uri(uri: str) -> bool:
    """Schemes that LINE opens: http, https, line, tel."""
    try:
        return urlsplit(uri).scheme in URI_SCHEMES and " " not in uri
    except ValueError:
        return False
