"""Flex messages: their size, their bubbles, and the buttons inside (reference: Flex Message)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from plugin.core.action_checks import check_action
from plugin.core.message_part import Part
from plugin.core.sentences import N_

KILOBYTE = 1024
BUBBLE_SIZE, CAROUSEL_SIZE, BUBBLES = 30 * KILOBYTE, 50 * KILOBYTE, 12
LABEL = 40


def check_flex(message: Part) -> None:
    """A message of type `flex`. Layout is left to LINE, which says itself what it dislikes."""
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
        # Only a button shows its label, so only there it must have one.
        check_action(Part(action, contents.place, contents.clusters), label=LABEL, labelled=False)


def is_too_big(contents: Mapping[str, Any]) -> bool:
    """Whether a bubble or a carousel is larger than LINE takes."""
    if contents.get("type") != "carousel":
        return _size(contents) > BUBBLE_SIZE
    bubbles = contents.get("contents")
    inner = any(_size(one) > BUBBLE_SIZE for one in bubbles) if isinstance(bubbles, list) else False
    return inner or _size(contents) > CAROUSEL_SIZE


def _check_carousel(carousel: Part) -> None:
    bubbles = carousel.parts("contents", 1, BUBBLES, N_("bubble %(number)d"))
    _check_size(carousel, CAROUSEL_SIZE)
    for bubble in bubbles:
        if bubble.value.get("type") != "bubble":
            bubble.fail("A carousel holds bubbles only.")
        _check_size(bubble, BUBBLE_SIZE)
    # A bubble that names no size is a mega one.
    if len({bubble.value.get("size", "mega") for bubble in bubbles}) > 1:
        carousel.fail("All bubbles of a carousel must have the same size.")


def _size(value: Any) -> int:
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(written.encode("utf-8", "surrogatepass"))


def _check_size(part: Part, most: int) -> None:
    size = _size(part.value)
    if size > most:
        part.fail(
            "It has %(size)s KB; LINE takes %(most)d.",
            size=f"{size / KILOBYTE:.1f}",
            most=most // KILOBYTE,
        )


def _actions(value: Any) -> Iterator[dict[str, Any]]:
    """Every action anywhere inside, however deep."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(one.get("action"), dict):
                yield one["action"]
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
