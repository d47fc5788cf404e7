"""Pages of lists, by the id of the last row: no row is skipped or shown twice."""

import base64
from typing import Any, TypedDict, TypeVar

from marshmallow import INCLUDE, Schema, fields, validate
from sqlalchemy import Select

from plugin.api.problems import Problem
from plugin.core.text.row_ids import row_id
from plugin.models.base import Base, db

Row = TypeVar("Row", bound=Base)
DEFAULT_LIMIT, MAX_LIMIT = 50, 200


class Page(TypedDict):
    results: list[Any]
    after: str | None  # the cursor of the next page


class ResponseSchema(Schema):
    # More fields may come, and the description says so.
    class Meta:
        unknown = INCLUDE


class PageQuery(Schema):
    limit = fields.Integer(
        load_default=DEFAULT_LIMIT,
        validate=validate.Range(1, MAX_LIMIT),
        metadata={"description": "How many results, 1 to 200"},
    )
    after = fields.String(
        load_default="", metadata={"description": "`after` of the page before; absent: the first"}
    )


def page(
    rows: Select[tuple[Row]], column: Any, query: dict[str, Any], newest_first: bool = False
) -> Page:
    """Return one page by `column`, the rows' id. Raise a 400 problem for an invalid cursor."""
    if query["after"]:
        last = _decode_cursor(query["after"])
        rows = rows.where(column < last if newest_first else column > last)
    order = column.desc() if newest_first else column.asc()
    # One row more than asked for shows whether there is a next page.
    ordered = rows.order_by(None).order_by(order).limit(query["limit"] + 1)
    fetched: list[Any] = list(db.session.scalars(ordered))
    shown = fetched[: query["limit"]]
    more = len(fetched) > len(shown)
    return {"results": shown, "after": _encode_cursor(shown[-1].id) if more else None}


def list_of(result: type[Schema]) -> type[Schema]:
    return ResponseSchema.from_dict(
        {
            "results": fields.List(fields.Nested(result), required=True),
            "after": fields.String(required=True, allow_none=True),
        },
        name=result.__name__.replace("Schema", "ListSchema"),
    )


def _encode_cursor(last: int) -> str:
    return base64.urlsafe_b64encode(f"after:{last}".encode()).decode().rstrip("=")


def _decode_cursor(cursor: str) -> int:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except ValueError:
        text = ""
    last = row_id(text.removeprefix("after:")) if text.startswith("after:") else None
    if last is None:
        raise Problem(
            400,
            "bad_cursor",
            "`after` is not a cursor of this list. Begin again without it.",
            errors={"after": ["Not a cursor of this list."]},
        )
    return last
