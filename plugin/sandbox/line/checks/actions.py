"""Actions of buttons (Messaging API reference, Action objects)."""

from typing import Any
from urllib.parse import urlsplit

from plugin.sandbox.line.checks import rules
from plugin.sandbox.line.checks.rules import Problems

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
    """`label`: the maximal length of a label here; `labelled`: a label is required."""
    if not isinstance(action, dict):
        problems.add("May not be empty", path)
        return
    rules.choice(action, "type", path, problems, KINDS)
    rules.text(action, "label", path, problems, label, required=labelled, count=rules.graphemes)
    _members(action, path, problems)


def _members(action: Action, path: str, problems: Problems) -> None:
    kind = action.get("type")
    # camera, cameraRoll and location have a label and nothing else.
    if kind == "postback":
        rules.text(action, "data", path, problems, 300)
        for shown in ("displayText", "text", "fillInText"):
            rules.text(action, shown, path, problems, 300, required=False, count=rules.graphemes)
    elif kind == "message":
        rules.text(action, "text", path, problems, 300, count=rules.graphemes)
    elif kind == "uri":
        _uri(action, path, problems)
    elif kind == "datetimepicker":
        rules.text(action, "data", path, problems, 300)
        rules.choice(action, "mode", path, problems, ("date", "time", "datetime"))
    elif kind == "clipboard":
        rules.text(action, "clipboardText", path, problems, 1000)
    elif kind == "richmenuswitch":
        rules.text(action, "richMenuAliasId", path, problems, 32)
        rules.text(action, "data", path, problems, 300)


def _uri(action: Action, path: str, problems: Problems) -> None:
    before = len(problems)
    rules.text(action, "uri", path, problems, 1000)
    if len(problems) == before and not valid_uri(action["uri"]):
        problems.add("invalid uri scheme", f"{path}.uri")


def valid_uri(uri: str) -> bool:
    """Schemes that LINE opens: http, https, line, tel."""
    try:
        return urlsplit(uri).scheme in URI_SCHEMES and " " not in uri
    except ValueError:
        return False
