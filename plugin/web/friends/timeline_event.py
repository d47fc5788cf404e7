"""An event of a friend's timeline, and the stretch of time that is looked at."""

from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import InstrumentedAttribute

from plugin.web.log.words import StateLabel

SHOWN = 30
EXCERPT = 120
Row = TypeVar("Row", bound=tuple[Any, ...])
Moment = ColumnElement[datetime] | InstrumentedAttribute[datetime]


class TimelineEvent(NamedTuple):
    """`word`: what happened; for `sent` and `broadcast` with the look of its state. `text` is a
    quotation or a name."""

    at: datetime
    kind: str
    word: StateLabel
    text: str = ""
    url: str = ""


class Stretch(NamedTuple):
    """The newest events before a moment; None: the newest of all."""

    before: datetime | None = None

    def newest(self, statement: Select[Row], at: Moment) -> Select[Row]:
        """Narrow a statement to one event more than a page shows; `at` is an event's time."""
        if self.before is not None:
            statement = statement.where(at < self.before)
        return statement.order_by(at.desc()).limit(SHOWN + 1)


def plain(text: str) -> StateLabel:
    return StateLabel("", text)
