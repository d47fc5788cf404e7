"""Check the actions of buttons by LINE's rules (reference: Action objects)."""

import re

from plugin.core.messages.part import MessageNode, is_address

# LINE's date picker (reference, "Datetime picker action").
_DATE, _TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}"
MODES = {"date": _DATE, "time": _TIME, "datetime": f"{_DATE}[Tt]{_TIME}"}
URI_LIMIT, DATA_LIMIT = 1000, 300
SCHEMES = ("http", "https", "line", "tel")


def check_action(action: MessageNode, *, label: int = 20, labelled: bool = True) -> None:
    """`label`: the most grapheme clusters of a label; `labelled`: whether it must have one."""
    kind = action.text("type", 40)
    action.label("label", label, required=labelled)
    if kind == "uri":
        _check_uri(action)
    elif kind == "message":
        action.label("text", DATA_LIMIT)
    elif kind == "clipboard":
        action.text("clipboardText", URI_LIMIT)
    elif kind in ("postback", "datetimepicker", "richmenuswitch"):
        _check_postback(action, kind)


def check_opened(part: MessageNode, name: str, *, required: bool = True) -> None:
    uri = part.text(name, URI_LIMIT, required=required)
    if uri and not is_address(uri, SCHEMES):
        part.report(
            name, "The address of a button must begin with %(schemes)s.", schemes=", ".join(SCHEMES)
        )


def _check_uri(action: MessageNode) -> None:
    check_opened(action, "uri")
    if "altUri" in action.value:
        check_opened(action.part("altUri"), "desktop", required=False)


def _check_postback(action: MessageNode, kind: str) -> None:
    action.text("data", DATA_LIMIT)
    if kind == "postback":
        for shown in ("displayText", "text", "fillInText"):
            action.label(shown, DATA_LIMIT, required=False)
    if kind == "datetimepicker":
        _check_picker(action)
    if kind == "richmenuswitch":
        action.text("richMenuAliasId", 32)


def _check_picker(action: MessageNode) -> None:
    form = MODES.get(str(action.value.get("mode")))
    if form is None:
        action.fail("The mode must be date, time or datetime.")
    for name in ("initial", "min", "max"):
        moment = action.text(name, 20, required=False)
        if moment and not re.fullmatch(form, moment):
            action.report(
                name,
                "The %(name)s must be written like 2026-12-24, 10:00 or 2026-12-24T10:00, as the"
                " mode says.",
                name=name,
            )
