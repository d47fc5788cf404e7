"""Linkage tokens cannot be made, changed or used for anything else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.core.security import tokens
from plugin.core.security.tokens import LinkageClaim

CLAIM = LinkageClaim(20000001, 150000000001, 7, 3, 1790000000)


def test_a_token_is_url_safe_and_genuine() -> None:
    nonce = tokens.new_nonce()
    text = tokens.issue("key", nonce, CLAIM)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", text)
    assert tokens.nonce_of(text) == nonce
    assert tokens.is_genuine(["key"], text, CLAIM)
    assert tokens.is_genuine(["newer", "key"], text, CLAIM)
    assert not tokens.is_genuine(["newer"], text, CLAIM)
    assert "150000000001" not in text


@pytest.mark.parametrize("field", CLAIM._fields)
def test_a_token_vouches_for_its_own_claim_alone(field: str) -> None:
    text = tokens.issue("key", tokens.new_nonce(), CLAIM)
    other = CLAIM._replace(**{field: getattr(CLAIM, field) + 1})
    assert not tokens.is_genuine(["key"], text, other)


@given(st.text())
def test_any_text_is_judged_without_raising(text: str) -> None:
    assert tokens.is_genuine(["key"], text, CLAIM) is False


@given(st.integers(0, 42), st.sampled_from("ABCxyz019_-"))
def test_one_changed_character_is_enough(place: int, letter: str) -> None:
    text = tokens.issue("key", "00" * 16, CLAIM)
    changed = text[:place] + letter + text[place + 1 :]
    # The last character carries two bits that mean nothing, so it may read the same.
    same_bytes = tokens.nonce_of(changed) == "00" * 16 and place == 42
    assert changed == text or same_bytes or not tokens.is_genuine(["key"], changed, CLAIM)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "{{ contact.line_linkage_token }}",
        "{{contact.x}}",
        "%7B%7B+contact.x+%7D%7D",
        "}}",
    ],
)
def test_a_test_send_is_recognised(text: str) -> None:
    assert tokens.is_placeholder(text)


def test_a_real_token_is_no_test_send() -> None:
    assert not tokens.is_placeholder(tokens.issue("key", tokens.new_nonce(), CLAIM))
