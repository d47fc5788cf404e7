"""What values and files say, how long it takes, and cells that do nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.core.importing import least_calls, read_value, safe_cell, seconds_left, user_ids_in

ONE, TWO = "U" + "0a" * 16, "U" + "1b" * 16


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        (None, ("empty", "")),
        ("  ", ("empty", "")),
        (ONE, ("id", ONE)),
        (f" {ONE}\n", ("id", ONE)),
        (ONE.upper(), ("invalid_id", "")),
        (ONE[:-1], ("invalid_id", "")),
        (f"{ONE}0", ("invalid_id", "")),
        (f"x{ONE}", ("invalid_id", "")),
        (f"LINE: {ONE}", ("invalid_id", "")),
        (f"{ONE};{TWO}", ("several_ids", "")),
        (f"{ONE};{ONE}", ("invalid_id", "")),
    ],
)
def test_a_value_is_one_id_or_none(text: str | None, reading: tuple[str, str]) -> None:
    assert read_value(text) == reading


@given(st.binary(max_size=200))
def test_any_file_can_be_looked_at(file: bytes) -> None:
    assert user_ids_in(file)[1] >= 0


def test_ids_are_taken_from_any_column_once() -> None:
    file = f"name,line\nAlice,{ONE}\nBob,{TWO}\n\nAgain,{ONE}\nNobody,\n".encode()
    assert user_ids_in(file) == ([ONE, TWO], 1)
    assert user_ids_in(f"{ONE}\n{TWO}".encode("utf-16")) == ([ONE, TWO], 0)


@pytest.mark.parametrize(
    ("contacts", "calls"), [(0, 0), (1, 2), (250, 4), (251, 5), (100_000, 1_400)]
)
def test_the_fewest_calls(contacts: int, calls: int) -> None:
    assert least_calls(contacts) == calls


def test_the_time_left_is_what_the_limit_or_the_pace_says() -> None:
    assert seconds_left(0, 100_000, 0) == 140
    assert seconds_left(50_000, 100_000, 300) == 300
    assert seconds_left(50_000, 100_000, 20) == 70
    assert seconds_left(10, 5, 1) == 0


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", "＝1"])
def test_cells_are_no_formulas(text: str) -> None:
    assert safe_cell(text) == f"'{text}"
    assert safe_cell(ONE) == ONE
