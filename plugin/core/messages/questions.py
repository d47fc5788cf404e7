"""A question on LINE: its choices, a tap's data, and the choice that a typed answer names."""

import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

from plugin.core.messages.compose import lines_of
from plugin.core.messages.part import InvalidMessage

FEWEST, MOST = 2, 13
PREFIX = "musubi.answer"


class Tap(NamedTuple):
    """The data of a tapped choice: the question, and the choice's position from 0."""

    reference: str
    choice: int


def read_choices(text: str) -> list[str]:
    choices = lines_of(text)
    if not FEWEST <= len(choices) <= MOST:
        raise InvalidMessage(
            "Write %(fewest)d to %(most)d choices, one a line.", fewest=FEWEST, most=MOST
        )
    if len({plain(choice) for choice in choices}) < len(choices):
        raise InvalidMessage("Two of the choices are the same.")
    return choices


def question_message(question: str, choices: Sequence[str], reference: str) -> dict[str, Any]:
    """Return a text with a quick reply per choice. `reference` must be unguessable."""
    items = [
        {
            "type": "action",
            "action": {
                "type": "postback",
                "label": choice,
                "data": f"{PREFIX}:{reference}:{number}",
                "displayText": choice,
            },
        }
        for number, choice in enumerate(choices)
    ]
    return {"type": "text", "text": question, "quickReply": {"items": items}}


def read_tap(data: str) -> Tap | None:
    prefix, _, rest = data.partition(":")
    reference, _, number = rest.partition(":")
    if prefix != PREFIX or not reference or not (number.isascii() and number.isdecimal()):
        return None
    return Tap(reference, int(number)) if len(number) <= 2 else None


def meant_choice(typed: str, choices: Sequence[str]) -> str | None:
    """Return the choice that was typed: case, width and surrounding blanks do not matter."""
    normalised = plain(typed)
    return next((choice for choice in choices if plain(choice) == normalised), None)


def plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
