"""Keys and pauses."""

import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from plugin.core.retry import back_off, key_is_alive, retry_key

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_the_same_work_has_the_same_key() -> None:
    key = retry_key(1, "ap-1-2-3-0", "200", 1)
    assert uuid.UUID(key).version == 5
    assert key == retry_key(1, "ap-1-2-3-0", "200", 1)
    assert key != retry_key(1, "ap-1-2-3-1", "200", 1)


def test_a_key_dies_before_line_forgets_it() -> None:
    assert key_is_alive(None, NOW)
    assert key_is_alive(NOW - timedelta(hours=22), NOW)
    assert not key_is_alive(NOW - timedelta(hours=23, minutes=1), NOW)


@given(st.integers(0, 1000), st.floats(0, 1))
def test_pauses_grow_and_end(attempts: int, chance: float) -> None:
    pause = back_off(attempts, chance)
    assert timedelta(seconds=0.5) <= pause <= timedelta(minutes=10)


def test_what_somebody_waits_for_is_tried_often_but_not_for_ever() -> None:
    longest = [back_off(attempts, 1.0, patient=False) for attempts in range(1, 41)]
    # After eight refusals it has waited less than a minute, where it was four.
    assert sum(longest[:8], timedelta(0)) < timedelta(minutes=1)
    assert max(longest[:20]) == timedelta(seconds=8)
    assert longest[-1] == timedelta(minutes=10)
    assert longest == sorted(longest)
