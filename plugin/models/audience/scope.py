"""What a segment's statement is compiled for, and how its parts are asked for."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, String, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import ColumnClause

from plugin.core.segments.rule import Rule
from plugin.models.base import db
from plugin.models.people.tag import Tag


class Scope(NamedTuple):
    """An Official Account at a moment. `zone`: the portal's. `segments`: the rules of those that
    the rule names, by id; `lists`: our rows of HubSpot's lists, by HubSpot's id."""

    account_id: int
    installation_id: int
    now: datetime
    zone: tzinfo
    segments: Mapping[int, Rule]
    lists: Mapping[str, int]
    # Those that the rule names and that exist, by name.
    tags: Mapping[str, Tag]
    # The statement is for few friends, so that nothing is gathered for all.
    one_by_one: bool = False
    # It returns the first friends who fit, so that who has what many have is not gathered.
    first_alone: bool = False


def is_sqlite() -> bool:
    return db.session().get_bind().dialect.name == "sqlite"


def found_by(
    column: ColumnElement[Any], rows: Select[Any], key: ColumnElement[Any], scope: Scope
) -> Any:
    """Return whether `rows` has one whose `key` is `column`."""
    if is_sqlite() and not scope.one_by_one:
        # SQLite can begin with these rows, and makes a set of them otherwise.
        return column.in_(rows.with_only_columns(key).where(key.is_not(None)).correlate(None))
    # PostgreSQL joins to what EXISTS asks for; with IN it may scan the rows once for each friend.
    return rows.with_only_columns(ColumnClause("1", is_literal=True)).where(key == column).exists()


def among_values(column: ColumnElement[Any], values: Sequence[str | int]) -> ColumnElement[bool]:
    """Return whether the column has one of thousands of values, which go in as one parameter."""
    type_ = BigInteger() if isinstance(values[0], int) else String()
    if not is_sqlite():
        return column == any_(bindparam(None, list(values), type_=ARRAY(type_)))
    each = func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(select(each.c.value))
