"""The forms of values: ids are text, times RFC 3339, and no text can upset a database."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from plugin.core.clock import rfc3339
from plugin.core.linkage import looks_like_user_id

# Ids of ours and of HubSpot are 64 bits with a sign.
LARGEST_ID = 2**63 - 1
_ID = re.compile(r"[1-9][0-9]{0,18}")
# NUL, other control signs and halves of surrogate pairs, which databases refuse or garble.
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def row_id(text: str) -> int | None:
    """The number that an id's text stands for, or None where it can be nobody's."""
    if not _ID.fullmatch(text):
        return None
    number = int(text)
    return number if number <= LARGEST_ID else None


class Moment(fields.Field[datetime]):
    """A time: RFC 3339, written in UTC with milliseconds; null where it has not come."""

    def _serialize(self, value: datetime | None, attr: Any, obj: Any, **kwargs: Any) -> str | None:
        return rfc3339(value)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        """In any zone, but with one."""
        try:
            moment = datetime.fromisoformat(value).astimezone(UTC) if "T" in value else None
        except (TypeError, ValueError, OverflowError):
            moment = None
        if moment is None or datetime.fromisoformat(value).tzinfo is None:
            raise ValidationError("Must be a time with its zone, such as 2026-11-23T09:30:00Z.")
        return moment


class Id(fields.Field[int]):
    """A 64-bit id as decimal text."""

    def _serialize(self, value: int | None, attr: Any, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else str(value)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int:
        number = row_id(value) if isinstance(value, str) else None
        if number is None:
            raise ValidationError("Must be an id: decimal digits as text.")
        return number


class Made(fields.String):
    """Text that is worked out from the whole row."""

    _CHECK_ATTRIBUTE = False

    def __init__(self, make: Callable[[Any], str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._make = make

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> str:
        return self._make(obj)


class PlainText(fields.String):
    """Text without the blanks around it. `longest`: how many signs it may have."""

    def __init__(self, longest: int, shortest: int = 0, **kwargs: Any) -> None:
        checks = [validate.Length(shortest, longest), *kwargs.pop("validate", ())]
        super().__init__(validate=checks, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if _UNSTORABLE.search(text):
            raise ValidationError("Must not contain control characters.")
        return text.strip()


def user_id(text: str) -> None:
    """Refuse what has not the form of a LINE user ID."""
    if not looks_like_user_id(text):
        raise ValidationError("Must be a LINE user ID: U and 32 digits of 0-9, a-f.")


def web_address(text: str) -> None:
    """Refuse what is not a web address; nothing is fine."""
    if text:
        validate.URL(require_tld=False, schemes={"http", "https"})(text)
