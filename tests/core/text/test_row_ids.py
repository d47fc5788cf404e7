"""Ids as text: 1 to 2^63 - 1, written one way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.core.text.row_ids import LARGEST_ID, row_id


@given(st.integers(1, LARGEST_ID))
def test_every_id_is_read(number: int) -> None:
    assert row_id(str(number)) == number


@pytest.mark.parametrize(
    "text",
    ["", "0", "-1", "+1", "01", "1.0", " 1", "1\n", "١", "x", str(LARGEST_ID + 1), "9" * 5000],
)
def test_what_no_row_can_have_is_none(text: str) -> None:
    assert row_id(text) is None
