"""`core.broadcasts.buckets` in SQL."""

from typing import Any

from sqlalchemy import ColumnElement, Integer, String, cast, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from plugin.core.broadcasts.buckets import BUCKETS


class bucket_of(FunctionElement[int]):  # noqa: N801 - reads as the SQL function it is
    """The bucket of a text."""

    type = Integer()
    inherit_cache = True


@compiles(bucket_of, "sqlite")
def _registered(element: bucket_of, compiler: Any, **options: Any) -> str:
    # `models.engine` registers it with each connection.
    return f"bucket_of({compiler.process(element.clauses, **options)})"


@compiles(bucket_of, "postgresql")
def _built_in(element: bucket_of, compiler: Any, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    start = f"substr(encode(sha256(convert_to({text}, 'UTF8')), 'hex'), 1, 8)"
    return f"mod(('x' || {start})::bit(32)::bigint, {BUCKETS})"


def bucket(broadcast_id: int, friend_id: ColumnElement[int]) -> ColumnElement[int]:
    return bucket_of(literal(f"{broadcast_id}:", String()) + cast(friend_id, String()))


def global_bucket(friend_id: ColumnElement[int]) -> ColumnElement[int]:
    return bucket_of(cast(friend_id, String()))
