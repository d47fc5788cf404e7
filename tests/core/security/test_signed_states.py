"""A signed state tells what was begun, to whoever holds the key and asks for its purpose."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from plugin.core.security.signed_states import (
    StateContent,
    code_verifier,
    derived,
    read_state,
    write_state,
)

BEGUN = StateContent("f" * 64, "/friends?q=美咲", datetime(2026, 11, 26, 12, 0, tzinfo=UTC))


def test_a_state_comes_back_as_it_was_written_and_is_another_each_time() -> None:
    state = write_state("key", "install", BEGUN)
    assert read_state("key", "install", state) == BEGUN
    assert write_state("key", "install", BEGUN) != state
    assert len(state) < 500
    assert read_state(
        "key", "install", write_state("key", "install", BEGUN._replace(next_path="/" * 301))
    ) == (BEGUN._replace(next_path="/"))


CHANGES: list[Callable[[str], str]] = [
    lambda state: "",
    lambda state: state[:-1],
    lambda state: state + "A",
    lambda state: "é" + state,
    lambda state: state + "=",
    lambda state: state[:10] + "-" + state[11:] + "A",
    lambda state: state + "\n",
    str.lower,
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_or_signed_by_others_is_nothing(change: Callable[[str], str]) -> None:
    state = write_state("key", "install", BEGUN)
    assert read_state("key", "install", change(state)) is None
    assert read_state("other", "install", state) is None
    assert read_state("key", "proof", state) is None


def test_the_verifier_fits_pkce_and_tells_nothing_without_the_key() -> None:
    state = write_state("key", "install", BEGUN)
    verifier = code_verifier("key", state)
    assert 43 <= len(verifier) <= 128
    assert verifier == code_verifier("key", state)
    assert verifier != code_verifier("other", state)
    assert verifier not in state
    assert derived("key", "nonce", state) not in (verifier, derived("key", "other", state))
