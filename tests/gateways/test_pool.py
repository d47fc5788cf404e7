"""One set of connections per process, none of them without an end to its patience."""

import os

import pytest
import urllib3

from plugin.gateways.pool import KEPT_PER_HOST, Timeouts, shared_pool


def test_everybody_gets_the_same_pool() -> None:
    assert shared_pool() is shared_pool()


def test_a_forked_process_gets_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = shared_pool()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert shared_pool() is not ours


def test_nothing_is_tried_twice_and_every_wait_is_limited() -> None:
    settings = shared_pool().connection_pool_kw
    retries = settings["retries"]
    assert (retries.total, retries.redirect) == (False, 0)
    assert settings["maxsize"] == KEPT_PER_HOST
    timeout = settings["timeout"]
    assert isinstance(timeout, urllib3.Timeout)
    assert timeout.connect_timeout == Timeouts().connect
    assert timeout.read_timeout == Timeouts().read


def test_timeouts_are_a_tuple_which_is_all_the_sdks_accept() -> None:
    assert isinstance(Timeouts(), tuple)
    assert all(seconds > 0 for seconds in Timeouts())
