"""No order of asking gets more out of a budget than it has."""

from hypothesis import given
from hypothesis import strategies as st

from plugin.core.rate_limits import (
    BACKGROUND_SHARE,
    BLOCK_LIFE_MS,
    HUBSPOT,
    HUBSPOT_SEARCH,
    LINE_DEFAULT,
    Budget,
    Grant,
    allowed,
    budget_of,
    live_grants,
    next_chance_ms,
)


def test_buckets_have_the_platforms_budgets() -> None:
    assert budget_of("hubspot:20000001") == HUBSPOT
    assert budget_of("hubspot-search:20000001") == HUBSPOT_SEARCH
    assert budget_of("line:2000000001:push") == LINE_DEFAULT
    assert budget_of("line:2000000001:multicast").limit == 200
    assert budget_of("line:2000000001:webhook-test").window_ms == 3_600_000


@given(
    st.lists(st.tuples(st.integers(0, 400), st.booleans()), max_size=300),
    st.integers(1, 20),
    st.integers(1, 8),
)
def test_no_window_ever_holds_more_than_the_limit(
    asks: list[tuple[int, bool]], limit: int, block: int
) -> None:
    budget, now, grants = Budget(limit, 1000, block), 0, list[Grant]()
    all_grants: list[Grant] = []
    for pause, background in asks:
        now += pause
        grants = live_grants(budget, grants, now)
        got = allowed(budget, grants, background)
        assert got <= block
        if got:
            grants.append((now, got))
            all_grants.append((now, got))
        else:
            assert next_chance_ms(budget, grants, now) > now
    for start, _ in all_grants:
        # A block may be used up to its life after it was granted.
        window = [n for at, n in all_grants if start <= at <= start + 1000 + BLOCK_LIFE_MS]
        assert sum(window) <= limit


def test_background_leaves_room_for_live_work() -> None:
    grants = [(0, int(110 * BACKGROUND_SHARE))]
    assert allowed(HUBSPOT, grants, background=True) == 0
    assert allowed(HUBSPOT, grants, background=False) == 1
