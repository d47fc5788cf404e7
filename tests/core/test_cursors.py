"""Pages that lead back to themselves are noticed, however long the way round; others never are."""

from itertools import cycle, islice

import pytest

from plugin.core.cursors import RepeatedCursor, follow


@pytest.mark.parametrize("before", [0, 1, 7, 100])
@pytest.mark.parametrize("length", [1, 2, 3, 10, 257])
def test_a_way_round_is_noticed_soon(before: int, length: int) -> None:
    places = [f"in {n}" for n in range(before)]
    places += islice(cycle(f"round {n}" for n in range(length)), 3 * (before + length) + 1)
    met = followed(places)
    assert before < met < len(places)


def followed(places: list[str]) -> int:
    """How many of the places were followed before one was known."""
    trail = ""
    for met, place in enumerate(places):
        try:
            trail = follow(trail, place)
        except RepeatedCursor:
            return met
        assert len(trail) <= 60
    return len(places)


def test_a_way_that_ends_is_never_stopped() -> None:
    assert followed([f"place {n}" for n in range(20_000)]) == 20_000
