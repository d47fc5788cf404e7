"""Fields of requests and responses: ids are text, times RFC 3339, all text can be stored."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from plugin.core.clock import rfc3339
from plugin.core.linkage import looks_like_user_id
from plugin.core.text.row_ids import row_id

FIRST_YEAR, LAST_YEAR = 1900, 2999
# NUL, other control characters and unpaired surrogates, which databases refuse or garble.
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Moment(fields.Field[datetime]):
    """A time: RFC 3339, written in UTC with milliseconds; None is null."""

    def _serialize(self, value: datetime | None, attr: Any, obj: Any, **kwargs: Any) -> str | None:
        return rfc3339(value)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(value).astimezone(UTC) if "T" in value else None
        except (TypeError, ValueError, OverflowError):
            moment = None
        if moment is None or datetime.fromisoformat(value).tzinfo is None:
            raise ValidationError("Must be a time with its zone, such as 2026-11-23T09:30:00Z.")
        # Beyond these years other time zones cannot show it.
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValidationError("Must be between the years 1900 and 2999.")
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


class Computed(fields.String):
    """Text computed from the whole row."""

    _CHECK_ATTRIBUTE = False

    def __init__(self, make: Callable[[Any], str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._make = make

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> str:
        return self._make(obj)


class PlainText(fields.String):
    """Stripped text of `shortest` to `longest` characters."""

    def __init__(self, longest: int, shortest: int = 0, **kwargs: Any) -> None:
        checks = [validate.Length(shortest, longest), *kwargs.pop("validate", ())]
        super().__init__(validate=checks, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if _UNSTORABLE.search(text):
            raise ValidationError("Must not contain control characters.")
        return text.strip()


def user_id(text: str) -> None:
    if not looks_like_user_id(text):
        raise ValidationError("Must be a LINE user ID: U and 32 digits of 0-9, a-f.")
