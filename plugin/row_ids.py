"""`<row_id:name>` in a route: the id of a row; an impossible id does not match the route."""

from flask import Flask
from werkzeug.routing import BaseConverter, ValidationError

from plugin.core.text.row_ids import row_id


class RowIdConverter(BaseConverter):
    """Accepts 1 to 10^18 - 1, without leading zeros."""

    # The pattern leaves out what no row has: a number that only `to_python` refuses would be
    # answered 405 where another method has a rule of its own.
    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        """Return the number. Raise `ValidationError`, which routing takes as: not this route."""
        number = row_id(value)
        if number is None:
            raise ValidationError
        return number


def init_app(app: Flask) -> None:
    app.url_map.converters["row_id"] = RowIdConverter
