"""HubSpot's texts as numbers, days and moments in SQL. Any text is taken: one that is none of these
becomes NULL."""

from typing import Any

from sqlalchemy import Double, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class as_number(FunctionElement[float]):  # noqa: N801 - reads as the SQL function it is
    type = Double()
    inherit_cache = True


class as_day(FunctionElement[str]):  # noqa: N801
    """`2026-12-24`, from that or from milliseconds."""

    type = String()
    inherit_cache = True


class as_second(FunctionElement[str]):  # noqa: N801
    """`2026-12-24T10:00:00` in UTC, from HubSpot's text or from milliseconds."""

    type = String()
    inherit_cache = True


class folded(FunctionElement[str]):  # noqa: N801
    """Trimmed, with small letters for A to Z, and only for these, on both databases."""

    type = String()
    inherit_cache = True


# JSON's form of a number, with so few digits that no database fails on it.
NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9][0-9]?)?$"
# Each naming of the text opens the map anew, so the digits after "e" are counted at once.
_SQLITE_NUMBER = """
CASE WHEN json_valid({x}) AND {x} NOT GLOB '*[^-+.0-9eE]*' AND length({x}) <= 100
      AND {x} NOT GLOB '*[eE]*[0-9][0-9][0-9]*'
     THEN CAST({x} AS REAL) END"""
_POSTGRESQL_NUMBER = (
    """
CASE WHEN length({x}) <= 100 AND {x} ~ '"""
    + NUMBER
    + """'
     THEN CAST({x} AS double precision) END"""
)
_DATE_GLOB = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*"
# Up to 14 digits: until the year 5138.
_SQLITE_TIME = (
    """
CASE WHEN {x} GLOB '"""
    + _DATE_GLOB
    + """' THEN substr({x}, 1, {length})
     WHEN length({x}) BETWEEN 1 AND 14 AND {x} NOT GLOB '*[^0-9]*'
       OR length({x}) BETWEEN 2 AND 14 AND {x} GLOB '-[0-9]*' AND substr({x}, 2) NOT GLOB '*[^0-9]*'
     THEN substr(strftime('%Y-%m-%dT%H:%M:%S', CAST({x} AS INTEGER) / 1000, 'unixepoch'),
                 1, {length}) END"""
)
_POSTGRESQL_TIME = """
(CASE WHEN {x} ~ '^[0-9]{{4}}-[0-9][0-9]-[0-9][0-9]' THEN left({x}, {length})
      WHEN length({x}) <= 14 AND {x} ~ '^-?[0-9]+$'
      THEN left(to_char(to_timestamp(CAST({x} AS bigint) / 1000) AT TIME ZONE 'UTC',
                        'YYYY-MM-DD"T"HH24:MI:SS'), {length}) END) COLLATE "C\""""


@compiles(as_number, "sqlite")
def _number_of_sqlite(element: as_number, compiler: Any, **options: Any) -> str:
    return _SQLITE_NUMBER.format(x=_inner(element, compiler, options))


@compiles(as_number, "postgresql")
def _number_of_postgresql(element: as_number, compiler: Any, **options: Any) -> str:
    return _POSTGRESQL_NUMBER.format(x=_inner(element, compiler, options))


@compiles(as_day, "sqlite")
def _day_of_sqlite(element: as_day, compiler: Any, **options: Any) -> str:
    return _SQLITE_TIME.format(x=_inner(element, compiler, options), length=10)


@compiles(as_day, "postgresql")
def _day_of_postgresql(element: as_day, compiler: Any, **options: Any) -> str:
    return _POSTGRESQL_TIME.format(x=_inner(element, compiler, options), length=10)


@compiles(as_second, "sqlite")
def _second_of_sqlite(element: as_second, compiler: Any, **options: Any) -> str:
    return _SQLITE_TIME.format(x=_inner(element, compiler, options), length=19)


@compiles(as_second, "postgresql")
def _second_of_postgresql(element: as_second, compiler: Any, **options: Any) -> str:
    return _POSTGRESQL_TIME.format(x=_inner(element, compiler, options), length=19)


@compiles(folded, "sqlite")
def _folded_of_sqlite(element: folded, compiler: Any, **options: Any) -> str:
    return f"lower(trim({_inner(element, compiler, options)}))"


@compiles(folded, "postgresql")
def _folded_of_postgresql(element: folded, compiler: Any, **options: Any) -> str:
    return f'lower(btrim({_inner(element, compiler, options)}) COLLATE "C")'


def _inner(element: FunctionElement[Any], compiler: Any, options: Any) -> str:
    text: str = compiler.process(element.clauses.clauses[0], **options)
    return f"({text})"
