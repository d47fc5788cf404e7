"""Check flex messages: size, bubbles, and the buttons inside (reference: Flex Message)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from plugin.core.messages.action_checks import check_action
from plugin.core.messages.part import MessageNode
from plugin.core.text.sentences import N_

KILOBYTE = 1024
BUBBLE_SIZE, CAROUSEL_SIZE, BUBBLES = 30 * KILOBYTE, 50 * KILOBYTE, 12
LABEL = 40


def check_flex(message: MessageNode) -> None:
    # LINE itself checks the layout.
    message.text("altText", 1500)
    contents = message.part("contents")
    kind = contents.value.get("type")
    if kind == "bubble":
        _check_size(contents, BUBBLE_SIZE)
    elif kind == "carousel":
        _check_carousel(contents)
    else:
        contents.fail("A flex message holds a bubble or a carousel.")
    for action in _actions(contents.value):
        # Only a button shows its label, so only a button must have one.
        part = replace(contents, value=action)
        check_action(part, label=LABEL, labelled=False)


def is_too_big(contents: Mapping[str, Any]) -> bool:
    if contents.get("type") != "carousel":
        return _size(contents) > BUBBLE_SIZE
    bubbles = contents.get("contents")
    inner = bubbles if isinstance(bubbles, list) else []
    return any(_size(bubble) > BUBBLE_SIZE for bubble in inner) or _size(contents) > CAROUSEL_SIZE


def _check_carousel(carousel: MessageNode) -> None:
    bubbles = carousel.parts("contents", 1, BUBBLES, N_("bubble %(number)d"))
    _check_size(carousel, CAROUSEL_SIZE)
    for bubble in bubbles:
        if bubble.value.get("type") != "bubble":
            bubble.fail("A carousel holds bubbles only.")
        _check_size(bubble, BUBBLE_SIZE)
    # A bubble without a size is a mega one.
    if len({bubble.value.get("size", "mega") for bubble in bubbles}) > 1:
        carousel.fail("All bubbles of a carousel must have the same size.")


def _size(value: Any) -> int:
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(written.encode("utf-8", "surrogatepass"))


def _check_size(part: MessageNode, most: int) -> None:
    size = _size(part.value)
    if size > most:
        part.fail(
            "It has %(size)s KB; LINE takes %(most)d.",
            size=f"{size / KILOBYTE:.1f}",
            most=most // KILOBYTE,
        )


def _actions(contents: Any) -> Iterator[dict[str, Any]]:
    # Without recursion: contents may be nested without end.
    remaining = [contents]
    while remaining:
        value = remaining.pop()
        if isinstance(value, dict):
            if isinstance(value.get("action"), dict):
                yield value["action"]
            remaining.extend(value.values())
        elif isinstance(value, list):
            remaining.extend(value)
