"""The drafts of designs: kinds `design` and `design_cards` of the editor."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from plugin.core.messages.designs.patterns import filled, read
from plugin.core.messages.designs.shapes import CAROUSELS, DESIGNS
from plugin.core.messages.names import named
from plugin.core.messages.part import InvalidMessage

Fields = Mapping[str, Any]
Contents = dict[str, Any]
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
BAR = re.compile(r"\s*[|｜]\s*")
# The ground on which LINE's white button text is hard to read begins here (WCAG's luminance).
LIGHT = 0.4
DARK_INK, WHITE = "#1f2430", "#ffffff"
TEXTS = ("note", "title", "text", "image_url")


def problems_of(name: str, fields: Fields, cards: Sequence[Fields]) -> Iterator[InvalidMessage]:
    """Yield what a design lacks, each with its path in the form."""
    try:
        colour_of(name, str(fields.get("colour") or ""))
    except InvalidMessage as error:
        yield error.at("colour")
    parts = [("cards", at) for at in range(len(cards))] if name in CAROUSELS else [()]
    for path in parts:
        part = cards[path[1]] if path else fields
        if not _text(part, "title"):
            yield InvalidMessage("The %(name)s is empty.", name=named("title")).at(*path, "title")


def contents_of(name: str, fields: Fields, cards: Sequence[Fields]) -> Contents:
    """Return the bubble or carousel of a design. Each part has `actions`, LINE's objects. Raise
    the first of `problems_of`."""
    for problem in problems_of(name, fields, cards):
        raise problem
    colour = colour_of(name, str(fields.get("colour") or ""))
    if name not in CAROUSELS:
        return _bubble(name, fields, colour)
    return {"type": "carousel", "contents": [_bubble(name, card, colour) for card in cards]}


def fields_of(contents: Any) -> tuple[str, dict[str, Any], list[dict[str, Any]]] | None:
    """Return a design's name, fields and cards; None for contents that are none of ours."""
    for name in DESIGNS:
        found = _read(name, contents)
        if found is None:
            continue
        fields, cards = found
        try:
            if contents_of(name, fields, cards) == contents:
                return name, fields, cards
        except InvalidMessage:
            continue
    return None


def colour_of(name: str, written: str) -> str:
    colour = written.strip() or DESIGNS[name].colour
    if not COLOUR.fullmatch(colour):
        raise InvalidMessage(
            "Write the colour as # and six digits or letters a to f, like #b3312d."
        )
    return colour.lower()


def rows_of(text: str) -> list[dict[str, str]]:
    """Read lines like `When | Friday`; a line without a bar stands alone."""
    pairs = [BAR.split(line.strip(), maxsplit=1) for line in text.splitlines() if line.strip()]
    return [{"left": pair[0] or "-", "right": [*pair, ""][1]} for pair in pairs]


def _text(fields: Fields, name: str) -> str:
    return str(fields.get(name) or "").replace("\r\n", "\n").strip()


def _bubble(name: str, fields: Fields, colour: str) -> Contents:
    values: dict[str, Any] = {text: _text(fields, text) for text in TEXTS}
    rows = rows_of(str(fields.get("rows") or ""))
    on_colour = DARK_INK if _luminance(colour) > LIGHT else WHITE
    values |= {"rows": rows, "actions": fields.get("actions") or [], "colour": colour}
    bubble: Contents = filled(DESIGNS[name].bubble, {**values, "on_colour": on_colour})
    return bubble


def _read(name: str, contents: Any) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    pattern = DESIGNS[name].bubble
    if name not in CAROUSELS:
        fields = _values(pattern, contents)
        return None if fields is None else (fields, [])
    bubbles = contents.get("contents") if isinstance(contents, dict) else None
    if not isinstance(bubbles, list) or contents.get("type") != "carousel":
        return None
    cards = [_values(pattern, bubble) for bubble in bubbles]
    found = [card for card in cards if card is not None]
    if not found or len(found) < len(cards):
        return None
    colours = {card.pop("colour") for card in found} - {""}
    return {"colour": min(colours, default=DESIGNS[name].colour)}, found


def _values(pattern: Any, bubble: Any) -> dict[str, Any] | None:
    values: dict[str, Any] = {}
    if not isinstance(bubble, dict) or not read(pattern, bubble, values):
        return None
    rows = values.pop("rows", [])
    lines = [" | ".join(filter(None, (row.get("left", ""), row["right"]))) for row in rows]
    values.pop("on_colour", None)
    return {
        **{text: values.get(text, "") for text in TEXTS},
        "rows": "\n".join(lines),
        "actions": values.get("actions", []),
        "colour": values.get("colour", ""),
    }


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
