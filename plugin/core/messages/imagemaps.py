"""Imagemaps as drafts: one picture, and areas in it that open an address or say words.

A draft has `base_url`, `height` (the width is 1040 always), `alt_text`, and `areas`: objects with
`x`, `y`, `width`, `height`, `to`, and `label` for those who hear the picture. All are texts, as a
form brings them.
"""

from collections.abc import Iterator
from typing import Any

from plugin.core.messages.action_checks import SCHEMES
from plugin.core.messages.names import named
from plugin.core.messages.part import InvalidMessage
from plugin.core.text.sentences import Sentence
from plugin.core.text.uris import uri_of

Draft = dict[str, Any]
Message = dict[str, Any]
WIDTH, MOST_AREAS = 1040, 50
SIDES = ("x", "y", "width", "height")
# Ready divisions: columns and rows.
DIVISIONS = ((1, 1), (2, 1), (3, 1), (1, 2), (2, 2), (3, 2))


def number_problems(draft: Draft) -> Iterator[InvalidMessage]:
    """Yield what is no number, each with its path in the form."""
    if _number(draft, "height") is None:
        yield _no_number("height").named(Sentence("Picture")).at("height")
    filled = [at for at, area in enumerate(areas_of(draft)) if is_filled(area)]
    for number, at in enumerate(filled, 1):
        place = Sentence("Area %(number)s", number=number)
        for side in SIDES:
            if _number(areas_of(draft)[at], side) is None:
                yield _no_number(side).named(place).at("areas", at, side)


def imagemap_of(draft: Draft) -> Message:
    """Return the LINE message, not yet checked. Raise the first of `number_problems`."""
    for problem in number_problems(draft):
        raise problem
    areas = [area for area in areas_of(draft) if is_filled(area)]
    return {
        "type": "imagemap",
        "baseUrl": _text(draft, "base_url"),
        "altText": str(draft.get("alt_text") or "").replace("\r\n", "\n"),
        "baseSize": {"width": WIDTH, "height": _number(draft, "height")},
        "actions": [_action(area) for area in areas],
    }


def imagemap_draft(message: Message) -> Draft:
    """Return the draft; where it says less than the message, the caller finds that out."""
    size, actions = message.get("baseSize"), message.get("actions")
    rows = actions if isinstance(actions, list) else []
    return {
        "kind": "imagemap",
        "base_url": message.get("baseUrl", ""),
        "height": str(size.get("height", "")) if isinstance(size, dict) else "",
        "alt_text": message.get("altText", ""),
        "areas": [_area(action) for action in rows if isinstance(action, dict)],
    }


def areas_of(draft: Draft) -> list[Draft]:
    areas = draft.get("areas")
    return [area for area in areas if isinstance(area, dict)] if isinstance(areas, list) else []


def is_filled(area: Draft) -> bool:
    return any(_text(area, name) for name in (*SIDES, "to", "label"))


def divided(draft: Draft, columns: int, rows: int) -> list[Draft]:
    """Return areas that divide the whole picture evenly, with what the first ones led to."""
    height = _text(draft, "height")
    whole = int(height) if height.isdecimal() and len(height) < 6 else WIDTH
    before = areas_of(draft)
    places = [(column, row) for row in range(rows) for column in range(columns)]
    return [
        {
            **_kept(before, number),
            "x": str(WIDTH * column // columns),
            "y": str(whole * row // rows),
            "width": str(WIDTH * (column + 1) // columns - WIDTH * column // columns),
            "height": str(whole * (row + 1) // rows - whole * row // rows),
        }
        for number, (column, row) in enumerate(places)
    ]


def _kept(areas: list[Draft], number: int) -> Draft:
    area = areas[number] if number < len(areas) else {}
    return {"to": _text(area, "to"), "label": _text(area, "label")}


def _action(area: Draft) -> Message:
    to, label = _text(area, "to"), _text(area, "label")
    opens = uri_of(to).partition(":")[0].lower() in SCHEMES
    action = {"type": "uri", "linkUri": to} if opens else {"type": "message", "text": to}
    if label:
        action["label"] = label
    return {**action, "area": {name: _number(area, name) for name in SIDES}}


def _area(action: Message) -> Draft:
    place = action.get("area")
    sides = place if isinstance(place, dict) else {}
    return {
        **{name: str(sides.get(name, "")) for name in SIDES},
        "to": action.get("linkUri") or action.get("text", ""),
        "label": action.get("label", ""),
    }


def _number(part: Draft, name: str) -> int | None:
    text = _text(part, name)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None


def _no_number(name: str) -> InvalidMessage:
    return InvalidMessage("The %(name)s must be a number.", name=named(name))


def _text(part: Draft, name: str) -> str:
    return str(part.get(name) or "").strip()
