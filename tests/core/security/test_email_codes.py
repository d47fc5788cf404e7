"""Codes that prove an address: random, bound to walk and address, readable however typed."""

import pytest

from plugin.core.security.email_codes import code_fingerprint, is_code, new_code, typed_code


def test_codes_are_six_digits_and_differ() -> None:
    codes = {new_code() for _ in range(200)}
    assert all(len(code) == 6 and code.isdecimal() and code.isascii() for code in codes)
    assert len(codes) > 190


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("012345", "012345"),
        (" 012 345 ", "012345"),
        ("012-345", "012345"),
        ("０１２３４５", "012345"),
        ("012\u3000345\n", "012345"),
        ("01234", "01234"),
        ("", ""),
    ],
)
def test_what_was_typed_is_what_was_meant(typed: str, meant: str) -> None:
    assert typed_code(typed) == meant


def test_a_code_is_good_for_one_walk_and_one_address_under_every_key() -> None:
    kept = code_fingerprint("old", "walk", "a@example.com", "012345")
    assert "012345" not in kept
    assert is_code(["new", "old"], kept, "walk", "a@example.com", "012345")
    assert not is_code(["new"], kept, "walk", "a@example.com", "012345")
    for other in (
        ("other", "a@example.com", "012345"),
        ("walk", "b@example.com", "012345"),
        ("walk", "a@example.com", "012346"),
        ("walk", "a@example.com", ""),
    ):
        assert not is_code(["new", "old"], kept, *other)
