"""A clock is off when several platforms' witnesses say so, and agree."""

from plugin.core.clock_watch import AGREEMENT_SECONDS, TOLERATED_SECONDS, ClockWatch

NOW = 1_790_000_000.0


def test_three_that_agree_are_believed_and_one_that_agrees_with_us_ends_it() -> None:
    watch = ClockWatch()
    verdicts = [watch.note(NOW + 1000 + second, NOW + second) for second in range(4)]
    assert verdicts == [False, False, True, False]
    assert watch.off_seconds == -1000
    assert watch.note(NOW + 10, NOW + 9)
    assert not watch.off_seconds


def test_what_is_tolerated_is_no_news() -> None:
    watch = ClockWatch()
    for difference in (0, TOLERATED_SECONDS, -TOLERATED_SECONDS):
        assert not any(watch.note(NOW + second, NOW + second + difference) for second in range(9))


def test_one_old_call_that_is_repeated_proves_nothing() -> None:
    watch = ClockWatch()
    assert not any(watch.note(NOW, NOW + 1000 + second) for second in range(9))


def test_witnesses_that_disagree_prove_nothing() -> None:
    watch = ClockWatch()
    for number in range(9):
        difference = 1000 + number * (AGREEMENT_SECONDS + 1)
        assert not watch.note(NOW + number, NOW + number + difference)
