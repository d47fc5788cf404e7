"""Quick replies as a marketer writes them: a line each, like `Label`, `Label | https://...`,
`Label | camera` or `Label | copy: SALE10`."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from plugin.core.messages.action_checks import SCHEMES
from plugin.core.messages.part import is_address
from plugin.core.text.uris import uri_of

SAYS, OPENS, COPIES = "say", "open", "copy"
# What LINE's app asks for itself (reference, "Action objects").
ASKS = {"camera": "camera", "photos": "cameraRoll", "location": "location"}
PICKS = ("date", "time", "datetime")
KINDS = (SAYS, OPENS, *PICKS, *ASKS, COPIES)
WITH_VALUE = (SAYS, OPENS, COPIES)
# The last bar of a line, also as a Japanese keyboard writes it.
BAR = re.compile(r"(?P<label>.*)[|｜](?P<url>.*)", re.DOTALL)
_SPELLED = re.compile(r"(?P<label>.*?)[|｜]\s*(?P<kind>say|copy|open):(?P<value>.*)", re.DOTALL)
DATA = 300


class Reply(NamedTuple):
    """`kind`: one of `KINDS`; `value`: what it says, opens or copies, else ""."""

    label: str
    kind: str
    value: str


def label_and_address(line: str) -> tuple[str, str]:
    """Split `Label | https://...`; without a bar the label is ""."""
    match = BAR.fullmatch(line)
    return (match["label"].strip(), match["url"].strip()) if match else ("", line.strip())


def reply_of(line: str) -> Reply:
    spelled = _SPELLED.fullmatch(line)
    if spelled:
        return Reply(spelled["label"].strip(), spelled["kind"], spelled["value"].strip())
    label, rest = label_and_address(line)
    if label and rest.lower() in (*PICKS, *ASKS):
        return Reply(label, rest.lower(), "")
    if label and is_address(uri_of(rest), SCHEMES):
        return Reply(label, OPENS, rest)
    return Reply(line, SAYS, line)


def line_of(reply: Reply) -> str:
    """Return the line that `reply_of` reads as this reply, or as near as a line comes."""
    label, value = " ".join(reply.label.split()), " ".join(reply.value.split())
    if reply.kind not in WITH_VALUE:
        return f"{label} | {reply.kind}"
    if reply.kind == OPENS and label and is_address(uri_of(value), SCHEMES):
        return f"{label} | {value}"
    value = value or (label if reply.kind == SAYS else "")
    plain = reply.kind == SAYS and value == label and reply_of(label) == (label, SAYS, label)
    return label if plain else f"{label} | {reply.kind}: {value}"


def action_of(reply: Reply) -> dict[str, Any]:
    label = {"label": reply.label}
    if reply.kind in ASKS:
        return {"type": ASKS[reply.kind], **label}
    if reply.kind in PICKS:
        # LINE sends the data back with what was picked.
        return {"type": "datetimepicker", **label, "data": reply.label[:DATA], "mode": reply.kind}
    if reply.kind == OPENS:
        return {"type": "uri", **label, "uri": reply.value}
    if reply.kind == COPIES:
        return {"type": "clipboard", **label, "clipboardText": reply.value}
    return {"type": "message", **label, "text": reply.value}


def reply_of_action(action: Mapping[str, Any]) -> Reply:
    """Return the nearest reply; the caller compares what it makes of it."""
    kind, label = action.get("type"), str(action.get("label") or "")
    if kind == "uri":
        return Reply(label, OPENS, str(action.get("uri")))
    if kind == "clipboard":
        return Reply(label, COPIES, str(action.get("clipboardText")))
    if kind == "datetimepicker":
        return Reply(label, str(action.get("mode")), "")
    asked = {name: short for short, name in ASKS.items()}.get(str(kind))
    return Reply(label, asked, "") if asked else Reply(label, SAYS, str(action.get("text") or ""))
