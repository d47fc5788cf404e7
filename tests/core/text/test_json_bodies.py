"""JSON of anybody's: a value within bounds, or one kind of error."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.core.text.json_bodies import DEEPEST, read_json


def nested(depth: int, opening: str, closing: str) -> str:
    return opening * depth + "1" + closing * depth


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_depth_has_an_end(opening: str, closing: str) -> None:
    assert read_json(nested(DEEPEST, opening, closing))
    for depth in (DEEPEST + 1, 900, 5_000, 100_000):
        with pytest.raises(ValueError, match="nested too deeply"):
            read_json(nested(depth, opening, closing))


@pytest.mark.parametrize(
    "body",
    ["NaN", "[Infinity]", '{"a": -Infinity}', "1e999", "[-1e999]", "9" * 5000, "", b"\xff", "{"],
)
def test_what_no_database_takes_is_no_json(body: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has words of its own
        read_json(body)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


@given(values)
def test_everything_else_is_read_as_it_is(value: object) -> None:
    assert read_json(json.dumps(value)) == value


@given(st.binary() | st.text())
def test_any_body_is_a_value_or_a_value_error(body: bytes | str) -> None:
    with contextlib.suppress(ValueError):
        read_json(body)
