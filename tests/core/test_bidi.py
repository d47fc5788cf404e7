"""Names that turn the writing direction are kept to themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.core.bidi import FSI, PDI, can_reorder, isolated


@pytest.mark.parametrize("text", ["Alice", "山田 美咲", "Zoë", "12 (a)", "", "é"])
def test_most_names_stay_as_they_are(text: str) -> None:
    assert isolated(text) == text


@pytest.mark.parametrize("text", ["דנה", "Alice דנה", "مريم", "x\u202eevil", "\u200fa", "٣"])
def test_a_name_that_turns_stands_between_isolates(text: str) -> None:
    assert isolated(text) == f"{FSI}{text}{PDI}"


def test_a_name_cannot_close_its_own_isolate() -> None:
    assert isolated(f"a{PDI}\u202eb{FSI}") == f"{FSI}a\u202eb{PDI}"


@given(st.text())
def test_isolating_twice_is_isolating_once(text: str) -> None:
    once = isolated(text)
    assert isolated(once) == once
    assert can_reorder(text) or once == text
