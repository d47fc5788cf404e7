"""A tracked link leads only where we said, and nobody can write one."""

import re

import pytest

from plugin.core.security.click_codes import Click, read_code, write_code

CLICK = Click(7, "123e4567-e89b-12d3-a456-426614174000")


def test_a_code_says_what_was_put_in() -> None:
    code = write_code("key", CLICK)
    assert re.fullmatch(r"[A-Za-z0-9_-]{48}", code)
    assert read_code(["key"], code) == CLICK


def test_a_code_outlives_the_change_of_the_key() -> None:
    assert read_code(["new", "key"], write_code("key", CLICK)) == CLICK
    assert read_code(["new"], write_code("key", CLICK)) is None


def test_no_sign_of_it_can_be_changed() -> None:
    code = write_code("key", CLICK)
    for place, sign in enumerate(code):
        other = "A" if sign != "A" else "B"
        assert read_code(["key"], code[:place] + other + code[place + 1 :]) is None


@pytest.mark.parametrize("code", ["", "x", "あ" * 48, "!" * 48, "=" * 48, "A" * 48, "A" * 64])
def test_nonsense_is_none(code: str) -> None:
    assert read_code(["key"], code) is None
