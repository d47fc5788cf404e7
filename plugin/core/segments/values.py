"""Reads the values of a segment's conditions."""

import math
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from plugin.core.linkage import looks_like_user_id
from plugin.core.segments.fields import Field
from plugin.core.text.clean import storable
from plugin.core.text.row_ids import row_id
from plugin.core.text.sentences import Sentence

LONGEST_TEXT = 1000
MOST_IDS = 10_000
MOST_VALUES = 500
MOST_DAYS = 36_500
# How many wrong ids a message names.
NAMED = 5
_SEPARATOR = re.compile(r"[\s,;]+")

Value = str | int | float | bool | date | datetime


class InvalidValue(Exception):
    """`message` says why the value cannot be used."""

    def __init__(self, message: Sentence) -> None:
        super().__init__(str(message))
        self.message = message


class Pasted(NamedTuple):
    """Valid ids, each once, and what stands among them and is no id."""

    ids: tuple[str | int, ...]
    garbage: tuple[str, ...]


def read_value(field: Field, raw: Any) -> Value:
    """Read one value of a field; raise `InvalidValue`."""
    value = _READERS[field.type](raw)
    if field.choices and value not in field.choices:
        words = Sentence(
            "This is none of the values: %(choices)s.", choices=", ".join(field.choices)
        )
        raise InvalidValue(words)
    return value


def read_days(raw: Any) -> int:
    """Read a number of days, which a form sends as text."""
    number = _whole(raw)
    if number is None or not 1 <= number <= MOST_DAYS:
        raise InvalidValue(Sentence("Write a number of days from 1 to %(most)s.", most=MOST_DAYS))
    return number


def read_pasted(field: Field, raw: Any) -> Pasted:
    """Read ids from a list, or from a text with blanks, commas or line ends between them."""
    words = _SEPARATOR.split(raw.strip()) if isinstance(raw, str) else raw
    if not isinstance(words, list) or not all(isinstance(word, str | int) for word in words):
        raise InvalidValue(Sentence("Write a list of IDs."))
    read = _contact_id if field.name == "contact.id" else _user_id
    ids: dict[str | int, None] = {}
    garbage: dict[str, None] = {}
    for word in words:
        found = read(str(word).strip())
        if found is not None:
            ids[found] = None
        elif str(word).strip():
            garbage[str(storable(str(word)))[:80]] = None
    if len(ids) > MOST_IDS:
        most = Sentence(
            "These are %(found)s IDs; %(most)s is the most.", found=len(ids), most=MOST_IDS
        )
        raise InvalidValue(most)
    return Pasted(tuple(ids), tuple(garbage))


def named(garbage: Iterable[str]) -> str:
    """Return the first few of what is no id, to be shown."""
    words = list(garbage)
    return ", ".join(words[:NAMED]) + (", …" if len(words) > NAMED else "")


def _user_id(text: str) -> str | None:
    return text if looks_like_user_id(text) else None


def _contact_id(text: str) -> int | None:
    return row_id(text)


def _text(raw: Any) -> str:
    # Numbers in JSON stand for the same text.
    text = str(raw) if isinstance(raw, int | float) and not isinstance(raw, bool) else raw
    if not isinstance(text, str) or not text.strip():
        raise InvalidValue(Sentence("Write a value."))
    if len(text) > LONGEST_TEXT:
        raise InvalidValue(Sentence("At most %(most)s characters.", most=LONGEST_TEXT))
    return str(storable(text)).strip()


def _number(raw: Any) -> float:
    number = math.nan
    if isinstance(raw, int | float | str) and not isinstance(raw, bool):
        with suppress(ValueError, OverflowError):
            number = float(raw)
    if not math.isfinite(number):
        raise InvalidValue(Sentence("Write a number."))
    return number


def _boolean(raw: Any) -> bool:
    values = {"true": True, "false": False}
    if isinstance(raw, bool):
        return raw
    if not isinstance(raw, str) or raw.lower() not in values:
        raise InvalidValue(Sentence("Choose yes or no."))
    return values[raw.lower()]


def _time(raw: Any) -> date | datetime:
    """Read `2026-12-24`, or a moment with or without an offset; without one it is the portal's."""
    text = raw.strip() if isinstance(raw, str) else ""
    try:
        value = date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        raise InvalidValue(Sentence("Write a date like 2026-12-24.")) from None
    # A day's distance from what the databases and time zones can reach.
    if not 1900 <= value.year <= 9000:
        raise InvalidValue(Sentence("Write a date between the years 1900 and 9000."))
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    return value


def _row_id(raw: Any) -> int:
    number = row_id(str(raw)) if isinstance(raw, str | int) else None
    if number is None:
        raise InvalidValue(Sentence("Choose one from the list."))
    return number


def _whole(raw: Any) -> int | None:
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        return None
    text = str(raw).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None


_READERS: dict[str, Callable[[Any], Value]] = {
    "flag": _boolean, "boolean": _boolean,
    "choice": _text, "tag": _text, "text": _text, "enumeration": _text, "multiple": _text,
    "owner": _text, "question": _text, "list": _text,
    "number": _number,
    "moment": _time, "date": _time, "datetime": _time,
    "segment": _row_id, "qr_code": _row_id, "link": _row_id, "broadcast": _row_id,
}  # fmt: skip
