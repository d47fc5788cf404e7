"""Stateless channel access tokens: cached for 13 of their 15 minutes, one request at a time."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from plugin.gateways import Channel


class Issued(NamedTuple):
    token: str
    expires_in: int  # seconds


@dataclass(frozen=True)
class _CachedToken:
    token: str = field(repr=False)
    expires_at: datetime


class StatelessTokens:
    """One token per channel (id and secret) and process. Safe to share between threads."""

    def __init__(self, issue: Callable[[Channel], Issued], clock: Callable[[], datetime]) -> None:
        self._issue = issue
        self._clock = clock
        self._cached: dict[Channel, _CachedToken] = {}
        self._pending: dict[Channel, Future[str]] = {}
        self._lock = threading.Lock()

    def get(self, channel: Channel) -> str:
        with self._lock:
            cached = self._cached.get(channel)
            if cached and self._clock() < cached.expires_at:
                return cached.token
            # Concurrent callers share one request.
            future = self._pending.get(channel)
            is_first = future is None
            if future is None:
                future = self._pending[channel] = Future()
        return self._issue_shared(channel, future) if is_first else future.result()

    def forget(self, channel: Channel, token: str) -> None:
        with self._lock:
            cached = self._cached.get(channel)
            # Many callers may meet one dead token: only the first may cost a new one.
            if cached and cached.token == token:
                del self._cached[channel]

    def _issue_shared(self, channel: Channel, future: Future[str]) -> str:
        try:
            issued = self._issue(channel)
        except BaseException as error:
            # Callers that waited fail with it; the next one tries again.
            self._store(channel, None)
            future.set_exception(error)
            raise
        self._store(channel, issued)
        future.set_result(issued.token)
        return issued.token

    def _store(self, channel: Channel, issued: Issued | None) -> None:
        with self._lock:
            del self._pending[channel]
            if issued:
                life = timedelta(seconds=issued.expires_in * 13 / 15)
                self._cached[channel] = _CachedToken(issued.token, self._clock() + life)
