"""A question on LINE: its choices, what a tap carries, and which choice a typed answer means."""

import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

from plugin.core.message_part import InvalidMessage
from plugin.core.messages import lines_of

FEWEST, MOST = 2, 13
PREFIX = "musubi.answer"


class Tap(NamedTuple):
    """What the data of a tapped choice says: which question, and the choice's place from 0."""

    reference: str
    choice: int


def read_choices(text: str) -> list[str]:
    """One choice a line, 2 to 13, each unlike the others. Raises `InvalidMessage`."""
    choices = lines_of(text)
    if not FEWEST <= len(choices) <= MOST:
        raise InvalidMessage(
            "Write %(fewest)d to %(most)d choices, one a line.", fewest=FEWEST, most=MOST
        )
    if len({plain(choice) for choice in choices}) < len(choices):
        raise InvalidMessage("Two of the choices are the same.")
    return choices


def question_message(question: str, choices: Sequence[str], reference: str) -> dict[str, Any]:
    """The text with a quick reply per choice. `reference` is what nobody can guess."""
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
    """The data of a postback, or None where it is none of ours."""
    prefix, _, rest = data.partition(":")
    reference, _, number = rest.partition(":")
    if prefix != PREFIX or not reference or not (number.isascii() and number.isdecimal()):
        return None
    return Tap(reference, int(number)) if len(number) <= 2 else None


def meant_choice(typed: str, choices: Sequence[str]) -> str | None:
    """The choice that a typed text is: case, width and blanks around it do not matter."""
    wanted = plain(typed)
    return next((choice for choice in choices if plain(choice) == wanted), None)


def plain(text: str) -> str:
    """A text for comparing."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
