"""Shares of people and how sure they are."""

from math import sqrt
from typing import NamedTuple

# The normal distribution's 97.5 percent point: intervals of 95 percent.
Z = 1.959963984540054


class Interval(NamedTuple):
    low: float
    high: float


class Difference(NamedTuple):
    """How much larger the first share is than the second, with its interval; 0.01: one point."""

    first: float
    second: float
    interval: Interval

    @property
    def points(self) -> float:
        return self.first - self.second

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out zero; otherwise no difference is seen."""
        return self.interval.low > 0 or self.interval.high < 0

    @property
    def lift(self) -> float | None:
        """The difference in relation to the second share; None where that is nothing."""
        return self.points / self.second if self.second else None


def wilson(hits: int, people: int) -> Interval:
    """Return the score interval of a share (Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212); from 0
    to 1 where nobody was asked."""
    if people <= 0:
        return Interval(0.0, 1.0)
    share, square = hits / people, Z * Z
    middle = share + square / (2 * people)
    reach = Z * sqrt(share * (1 - share) / people + square / (4 * people * people))
    whole = 1 + square / people
    return Interval(max((middle - reach) / whole, 0.0), min((middle + reach) / whole, 1.0))


def difference(hits: int, people: int, other_hits: int, other_people: int) -> Difference:
    """Return how far two independent shares are apart, with the interval of Newcombe's method 10
    (Statistics in Medicine 17 (1998) 873-890), which holds for small groups too."""
    first, second = _share(hits, people), _share(other_hits, other_people)
    one, other = wilson(hits, people), wilson(other_hits, other_people)
    down = sqrt((first - one.low) ** 2 + (other.high - second) ** 2)
    up = sqrt((one.high - first) ** 2 + (second - other.low) ** 2)
    apart = first - second
    return Difference(first, second, Interval(max(apart - down, -1.0), min(apart + up, 1.0)))


def _share(hits: int, people: int) -> float:
    return hits / people if people > 0 else 0.0
