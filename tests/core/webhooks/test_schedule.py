"""When a receiver is asked again."""

from datetime import UTC, datetime, timedelta

from plugin.core.webhooks.schedule import (
    GIVEN_UP_AFTER,
    RELAYED_WITHIN,
    is_given_up,
    next_relay,
    next_try,
    rest_of,
)

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def test_the_pauses_grow_and_end_after_about_three_days() -> None:
    at, tries, pauses = NOW, 1, list[timedelta]()
    while not is_given_up(NOW, at):
        later = next_try(tries, at, 0.5, None)
        pauses.append(later - at)
        at, tries = later, tries + 1
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(seconds=5)
    assert 15 < len(pauses) < 25
    assert GIVEN_UP_AFTER <= at - NOW < GIVEN_UP_AFTER + timedelta(hours=9)


def test_a_receiver_may_ask_for_a_longer_pause_within_reason() -> None:
    assert next_try(1, NOW, 0.5, 120) == NOW + timedelta(seconds=120)
    assert next_try(1, NOW, 0.5, 1) == NOW + timedelta(seconds=5)
    assert next_try(1, NOW, 0.5, 10**9) == NOW + timedelta(hours=8)


def test_a_receiver_rests_only_after_several_failures_and_an_hour_at_most() -> None:
    assert [rest_of(failures, NOW) for failures in (0, 1, 3)] == [None] * 3
    assert rest_of(4, NOW) == NOW + timedelta(seconds=5)
    assert rest_of(1000, NOW) == NOW + timedelta(hours=1)


def test_a_relay_is_tried_often_within_its_minutes() -> None:
    at, tries = NOW, 1
    while at < NOW + RELAYED_WITHIN:
        at, tries = next_relay(tries, at), tries + 1
    assert 15 < tries < 30
