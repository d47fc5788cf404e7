"""When messages may go out: weekdays, midnight, zones, and clocks that jump."""

from datetime import UTC, datetime, timedelta

import pytest

from plugin.core.sending_hours import fault_of_hours, longest_closed, opens_at, zone_named

# Friday, 12:00 in Tokyo.
NOON = datetime(2026, 11, 27, 3, tzinfo=UTC)
NINE_TO_NINE = [[540, 1260]] * 7
WEEKDAYS = [*[[540, 1260]] * 5, [0, 0], [0, 0]]


def hour(day: int, hours: int, minutes: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hours, minutes, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "at", "opening"),
    [
        (NINE_TO_NINE, NOON, None),
        (NINE_TO_NINE, hour(27, 0), None),
        (NINE_TO_NINE, hour(27, 11, 59), None),
        (NINE_TO_NINE, hour(27, 12), hour(28, 0)),
        (NINE_TO_NINE, hour(26, 23, 59), hour(27, 0)),
        # Friday evening, until Monday morning.
        (WEEKDAYS, hour(27, 12), hour(30, 0)),
        # From six in the evening until two at night.
        ([[1080, 120]] * 7, hour(27, 16, 59), None),
        ([[1080, 120]] * 7, hour(27, 17), hour(28, 9)),
        # Only on Saturdays, past midnight: Sunday at one is still Saturday's window.
        ([*[[0, 0]] * 5, [600, 120], [0, 0]], hour(28, 16), None),
        ([*[[0, 0]] * 5, [600, 120], [0, 0]], hour(28, 17), datetime(2026, 12, 5, 1, tzinfo=UTC)),
        ([[0, 1440]] * 7, hour(27, 15), None),
        ([[0, 0]] * 7, NOON, None),
    ],
)
def test_the_next_opening_in_tokyo(
    hours: list[list[int]], at: datetime, opening: datetime | None
) -> None:
    assert opens_at(hours, "Asia/Tokyo", at) == opening


def test_an_hour_that_the_clock_skips_opens_with_the_skip() -> None:
    # New York, 8 March: two o'clock becomes three.
    hours = [[150, 600]] * 7
    assert opens_at(hours, "America/New_York", hour(8, 6, month=3)) == hour(8, 7, month=3)
    assert opens_at(hours, "America/New_York", hour(8, 7, month=3)) is None


def test_an_hour_that_comes_twice_opens_the_first_time() -> None:
    # New York, 1 November: two o'clock becomes one again.
    hours = [[90, 600]] * 7
    assert opens_at(hours, "America/New_York", hour(1, 5)) == hour(1, 5, 30)
    assert opens_at(hours, "America/New_York", hour(1, 6, 10)) is None


def test_a_day_without_an_end_stays_open_where_midnight_comes_twice() -> None:
    # Havana, 1 November: one o'clock becomes midnight.
    for minute in range(0, 60, 10):
        assert opens_at([[0, 1440]] * 7, "America/Havana", hour(1, 5, minute)) is None


def test_a_zone_that_nobody_knows_counts_as_utc() -> None:
    assert opens_at(NINE_TO_NINE, "Mars/Base", hour(27, 8)) == hour(27, 9)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("asia_slash_tokyo", "Asia/Tokyo"),
        (" America/New_York ", "America/New_York"),
        ("america_slash_argentina_slash_salta", "America/Argentina/Salta"),
        ("JST", ""),
        ("", ""),
        ("../etc/passwd", ""),
    ],
)
def test_a_contacts_zone_is_read_as_hubspot_spells_it(text: str, name: str) -> None:
    assert zone_named(text) == name


@pytest.mark.parametrize(
    ("hours", "fault"),
    [
        (WEEKDAYS, ""),
        (WEEKDAYS[:6], "days"),
        ("always", "days"),
        ([[0, 1441], *WEEKDAYS[1:]], "minutes"),
        ([[True, 5], *WEEKDAYS[1:]], "minutes"),
        ([[0], *WEEKDAYS[1:]], "minutes"),
        ([[5, 5]] * 7, "closed"),
    ],
)
def test_hours_from_outside_are_looked_at(hours: object, fault: str) -> None:
    assert fault_of_hours(hours) == fault


@pytest.mark.parametrize(
    ("hours", "longest"),
    [
        (NINE_TO_NINE, 12 + 1),
        (WEEKDAYS, 60 + 1),
        ([[0, 1440]] * 7, 0),
        ([[0, 0]] * 7, 0),
        ([*[[0, 0]] * 6, [60, 120]], 7 * 24 - 1 + 1),
    ],
)
def test_the_longest_time_without_a_window(hours: list[list[int]], longest: int) -> None:
    assert longest_closed(hours) == timedelta(hours=longest)
