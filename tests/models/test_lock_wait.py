"""Turns at writing: quick in a crowd, never starved, and given up in time."""

import threading
import time

import pytest

from plugin.models.lock_wait import (
    MIN_SECONDS,
    STARVING_SECONDS,
    DatabaseBusy,
    FairLock,
    reset_write_deadline,
    seconds_left,
    set_write_deadline,
)


def test_nobody_is_in_a_hurry_unless_told() -> None:
    assert seconds_left() is None
    token = set_write_deadline(60)
    assert 0 < (seconds_left() or 0) <= 60
    reset_write_deadline(token)
    assert seconds_left() is None


def test_who_comes_late_still_gets_a_moment() -> None:
    token = set_write_deadline(-1)
    assert seconds_left() == MIN_SECONDS
    reset_write_deadline(token)


def test_a_turn_that_does_not_come_is_given_up_and_spoils_nothing() -> None:
    turn = FairLock()
    token = set_write_deadline(0)
    with turn.hold(), pytest.raises(DatabaseBusy), turn.hold():
        raise AssertionError("two at once")
    with turn.hold():
        pass
    reset_write_deadline(token)
    with turn.hold():
        pass


def test_who_waits_for_long_is_next_however_greedy_the_others() -> None:
    turn, stop, done = FairLock(), threading.Event(), threading.Event()

    def greedy() -> None:
        while not stop.is_set():
            with turn.hold():
                time.sleep(0.005)

    def modest() -> None:
        with turn.hold():
            done.set()

    threads = [threading.Thread(target=greedy) for _ in range(4)]
    threads.append(threading.Thread(target=modest))
    for thread in threads:
        thread.start()
    try:
        assert done.wait(STARVING_SECONDS * 50)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_only_one_at_a_time_in_any_crowd() -> None:
    turn, inside, most = FairLock(), [0], [0]

    def work() -> None:
        for _ in range(200):
            with turn.hold():
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (inside[0], most[0]) == (0, 1)
