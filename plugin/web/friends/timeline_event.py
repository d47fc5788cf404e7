"""An event of a friend's timeline."""

from datetime import datetime
from typing import NamedTuple

from plugin.web.log.words import StateLabel

SHOWN = 30
EXCERPT = 120


class TimelineEvent(NamedTuple):
    """`word`: what happened; for `sent` and `broadcast` with the look of its state. `text` is a
    quotation or a name."""

    at: datetime
    kind: str
    word: StateLabel
    text: str = ""
    url: str = ""


def plain(text: str) -> StateLabel:
    return StateLabel("", text)
