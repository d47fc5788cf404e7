"""The month's messages: it turns in Japan's time; how full; where it is heading."""

from datetime import UTC, datetime, timedelta

import pytest

from plugin.core.quota import forecast, month_of, next_month, percent, standing

# Noon of the 16th of November in UTC+9: half the month is over.
HALF = datetime(2026, 11, 15, 15, tzinfo=UTC)


def test_a_month_turns_in_japans_time() -> None:
    turn = datetime(2026, 11, 30, 15, tzinfo=UTC)
    assert next_month(HALF) == turn
    assert month_of(turn) == turn
    assert month_of(turn - timedelta(seconds=1)) == datetime(2026, 10, 31, 15, tzinfo=UTC)


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_has_a_next_one(month: int) -> None:
    begun = month_of(datetime(2028, month, 15, tzinfo=UTC))
    assert next_month(begun).astimezone(begun.tzinfo).day == 1
    assert timedelta(days=28) <= next_month(begun) - begun <= timedelta(days=31)


def test_the_forecast_goes_on_as_it_did() -> None:
    assert forecast(500, HALF) == 1000
    assert forecast(0, HALF) == 0
    assert forecast(500, month_of(HALF) + timedelta(hours=5)) is None


@pytest.mark.parametrize(
    ("used", "limit", "share", "state"),
    [
        (0, 200, 0, "fine"),
        (159, 200, 79, "fine"),
        (160, 200, 80, "near"),
        (199, 200, 99, "near"),
        (200, 200, 100, "full"),
        (201, 200, 100, "full"),
        (0, 0, 100, "full"),
        (5, None, None, "fine"),
    ],
)
def test_warnings_begin_at_80_percent(
    used: int, limit: int | None, share: int | None, state: str
) -> None:
    assert percent(used, limit) == share
    assert standing(used, limit) == state
