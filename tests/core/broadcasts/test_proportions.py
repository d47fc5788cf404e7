"""Intervals against the values in the papers they come from."""

import pytest

from plugin.core.broadcasts.money import cost_of
from plugin.core.broadcasts.proportions import difference, wilson


@pytest.mark.parametrize(
    ("hits", "people", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_of_a_share(hits: int, people: int, low: float, high: float) -> None:
    assert tuple(wilson(hits, people)) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10.
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_the_interval_of_a_difference(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    apart = difference(*one, *other)
    assert apart.interval.low == pytest.approx(low, abs=5e-5)
    assert apart.interval.high == pytest.approx(high, abs=5e-5)
    assert apart.points == pytest.approx(one[0] / one[1] - other[0] / other[1])
    assert apart.is_clear == (low > 0)


def test_nobody_has_no_share_and_nothing_is_clear() -> None:
    nothing = difference(0, 0, 0, 0)
    assert (nothing.points, nothing.is_clear, nothing.lift) == (0, False, None)
    assert difference(30, 100, 20, 100).lift == pytest.approx(0.5)


def test_the_plans_free_messages_go_first() -> None:
    cost = cost_of(1000, 29_500, 30_000, 3000, "JPY")
    assert (cost.free, cost.priced, cost.milli) == (500, 500, 1_500_000)
    assert cost_of(10, 0, 30_000, 3000, "JPY").milli == 0
    assert cost_of(10, 99, None, 500, "USD").milli == 5000
    assert cost_of(10, 99, 5, None, "JPY").milli is None
