"""How often one network may come, and which network that is."""

import pytest

from plugin.core.visit_limits import MOST_ADDRESSES, Rate, VisitLimiter
from plugin.trusted_proxies import networks, visitor_network

PROXIES = networks("10.0.0.0/8, 198.51.100.7, 2001:db8:ffff::/48, 127.0.0.1", [])


class Clock:
    """Time that passes when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_empties_and_fills_again() -> None:
    clock = Clock()
    limiter = VisitLimiter(Rate(burst=4, per_second=2), clock)
    assert [limiter.take("a", 1) for _ in range(5)] == [0, 0, 0, 0, 1]
    assert limiter.take("b", 4) == 0
    assert limiter.take("b", 4) == 2
    clock.now = 1.0
    assert [limiter.take("a", 1) for _ in range(3)] == [0, 0, 1]
    clock.now = 1000.0
    assert [limiter.take("a", 1) for _ in range(5)] == [0, 0, 0, 0, 1]


def test_memory_is_bounded_and_the_longest_unseen_go_first() -> None:
    limiter = VisitLimiter(Rate(burst=1, per_second=0.001), Clock())
    assert limiter.take("first", 1) == 0
    for number in range(MOST_ADDRESSES):
        limiter.take(str(number), 1)
    assert limiter.take("first", 1) == 0
    assert limiter.take(str(MOST_ADDRESSES - 1), 1) > 0


@pytest.mark.parametrize(
    ("peer", "forwarded", "network"),
    [
        ("8.8.8.8", "", "8.8.8.8"),
        ("8.8.8.8", "1.1.1.1", "8.8.8.8"),  # nobody believes a stranger
        ("10.1.2.3", "1.1.1.1, 8.8.4.4", "8.8.4.4"),
        ("10.1.2.3", "1.1.1.1, 198.51.100.7", "1.1.1.1"),
        ("10.1.2.3", "9.9.9.9, 1.1.1.1, 10.4.4.4, 198.51.100.7", "1.1.1.1"),
        ("10.1.2.3", '"[2a00:1450:4001::5]:4711"', "2a00:1450:4001::/64"),
        ("10.1.2.3", "1.1.1.1:4711", "1.1.1.1"),
        ("::ffff:10.1.2.3", "::ffff:8.8.8.8", "8.8.8.8"),
        ("2a00:1450:4001:81b:1:2:3:4", "", "2a00:1450:4001:81b::/64"),
        ("10.1.2.3", "", ""),
        ("10.1.2.3", "unknown", ""),
        ("10.1.2.3", "1.1.1.1, _hidden", ""),
        ("192.168.1.9", "1.1.1.1", ""),  # a proxy that nobody told us of
        ("127.0.0.1", "", ""),
        ("", "1.1.1.1", ""),
    ],
)
def test_the_network_is_the_first_that_no_proxy_of_ours_is(
    peer: str, forwarded: str, network: str
) -> None:
    assert visitor_network(peer, forwarded, PROXIES) == network
