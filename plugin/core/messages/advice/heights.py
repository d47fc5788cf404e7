"""How tall a message stands on a phone, roughly: enough to say that it is taller than the screen.

In px of a small phone's chat. Fonts, languages and LINE's versions differ, so a fifth is no error.
"""

import math
from collections.abc import Mapping
from typing import Any

# What a small phone shows of a chat, between LINE's bars.
SCREEN = 560
TEXT_WIDTH, LINE_HEIGHT = 240, 21
WIDTHS = {"nano": 120, "micro": 160, "deca": 220, "hecto": 241, "kilo": 260, "giga": 320}
SIZES = {
    "xxs": 11,
    "xs": 13,
    "sm": 14,
    "lg": 19,
    "xl": 22,
    "xxl": 29,
    "3xl": 35,
    "4xl": 42,
    "5xl": 50,
}
USUAL_WIDTH, USUAL_SIZE = 300, 16
GAP, PADDING, BUTTON, SMALL_BUTTON = 6, 40, 52, 40
DEEPEST = 20


def height_of(message: Mapping[str, Any]) -> int:
    kind, text = message.get("type"), message.get("text")
    if kind in ("text", "textV2") and isinstance(text, str):
        return 20 + LINE_HEIGHT * lines(text, USUAL_SIZE, TEXT_WIDTH)
    if kind != "flex" or not isinstance(message.get("contents"), dict):
        return 0
    contents = message["contents"]
    inner = contents.get("contents") if contents.get("type") == "carousel" else [contents]
    bubbles = [one for one in inner if isinstance(one, dict)] if isinstance(inner, list) else []
    return max(map(_bubble, bubbles), default=0)


def lines(text: str, size: int, width: int) -> int:
    """Count the lines of a text; letters of the Latin alphabet take about half a square."""
    rows = 0
    for line in text.split("\n"):
        needed = sum(size if ord(letter) > 0x2E7F else size * 0.55 for letter in line)
        rows += max(1, math.ceil(needed / max(width, size)))
    return rows


def _bubble(bubble: Mapping[str, Any]) -> int:
    width = WIDTHS.get(str(bubble.get("size")), USUAL_WIDTH)
    blocks = [bubble.get(name) for name in ("header", "hero", "body", "footer")]
    return sum(_part(block, width, 0) for block in blocks if isinstance(block, dict))


def _part(part: Mapping[str, Any], width: int, depth: int) -> int:
    kind = part.get("type")
    if kind == "box" and depth < DEEPEST:
        return _box(part, width, depth)
    if kind == "text":
        size = SIZES.get(str(part.get("size")), USUAL_SIZE)
        rows = lines(str(part.get("text") or ""), size, width) if part.get("wrap") else 1
        return int(rows * size * 1.4)
    if kind in ("image", "video"):
        return int(width * _ratio(part.get("aspectRatio")))
    if kind == "button":
        return SMALL_BUTTON if part.get("height") == "sm" else BUTTON
    return 12


def _box(box: Mapping[str, Any], width: int, depth: int) -> int:
    contents = box.get("contents")
    inner = [one for one in contents if isinstance(one, dict)] if isinstance(contents, list) else []
    padding = PADDING if depth == 0 else 0
    if box.get("layout") == "vertical":
        heights = [_part(one, width - padding, depth + 1) for one in inner]
        return padding + sum(heights) + GAP * max(len(heights) - 1, 0)
    share = (width - padding) // max(len(inner), 1)
    return padding + max((_part(one, share, depth + 1) for one in inner), default=0)


def _ratio(written: Any) -> float:
    across, _, down = str(written or "1:1").partition(":")
    try:
        return min(float(down) / float(across), 3)
    except (ValueError, ZeroDivisionError):
        return 1
