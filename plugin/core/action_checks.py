"""What happens when a button is tapped, checked by LINE's rules (reference: Action objects)."""

from plugin.core.message_part import Part, is_address

URI_LIMIT, DATA_LIMIT = 1000, 300
SCHEMES = ("http", "https", "line", "tel")


def check_action(action: Part, *, label: int = 20, labelled: bool = True) -> None:
    """`label`: the most grapheme clusters a label may have here; `labelled`: must it have one?"""
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


def _check_uri(action: Part) -> None:
    uri = action.text("uri", URI_LIMIT)
    if not is_address(uri, SCHEMES):
        action.fail(
            "The address of a button must begin with %(schemes)s.", schemes=", ".join(SCHEMES)
        )


def _check_postback(action: Part, kind: str) -> None:
    action.text("data", DATA_LIMIT)
    if kind == "postback":
        for shown in ("displayText", "text", "fillInText"):
            action.label(shown, DATA_LIMIT, required=False)
    if kind == "datetimepicker" and action.value.get("mode") not in ("date", "time", "datetime"):
        action.fail("The mode must be date, time or datetime.")
    if kind == "richmenuswitch":
        action.text("richMenuAliasId", 32)
