"""The connections to the platforms: one pool per process, no retries, a limit on every wait."""

import functools
import os
import ssl
import threading
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import certifi
import structlog
import urllib3

from plugin.core.clock_watch import platform_clocks

log = structlog.get_logger()


class Timeouts(NamedTuple):
    """Seconds for the connection and for each read. A tuple: the SDKs silently ignore lists."""

    connect: float = 3.05
    read: float = 15.0


# Connections to one platform that are kept for the next call; more may be open at once.
KEPT_PER_HOST = 64
_lock = threading.Lock()


def shared_pool() -> urllib3.PoolManager:
    with _lock:
        return _pool(os.getpid())  # a forked child gets its own


class _ClockCheckingPool(urllib3.PoolManager):
    def urlopen(  # type: ignore[override]
        self, method: str, url: str, redirect: bool = True, **kw: Any
    ) -> urllib3.BaseHTTPResponse:
        # Signatures' ages are measured by our clock, so each response's `Date` is compared with it.
        response = super().urlopen(method, url, redirect=redirect, **kw)
        note_date(response.headers)
        return response


def note_date(headers: Mapping[str, str]) -> None:
    """Compare our clock with the time of a platform's answer."""
    sent_at = _parse_date(headers.get("Date", ""))
    if sent_at is not None and platform_clocks.note(sent_at, time.time(), answered=True):
        log.error("clock_is_off", seconds=round(platform_clocks.off_seconds), seen="Date")


def _parse_date(header: str) -> float | None:
    try:
        return parsedate_to_datetime(header).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


@functools.lru_cache(maxsize=1)
def _pool(process: int) -> urllib3.PoolManager:  # noqa: ARG001  the key that a fork changes
    timeouts = Timeouts()
    return _ClockCheckingPool(
        num_pools=10,
        maxsize=KEPT_PER_HOST,
        retries=False,  # also: redirects are not followed and errors come out plain
        timeout=urllib3.Timeout(connect=timeouts.connect, read=timeouts.read),
        ssl_context=tls_context(),
    )


@functools.cache
def tls_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    # For machines that have no certificates of their own.
    context.load_verify_locations(certifi.where())
    return context
