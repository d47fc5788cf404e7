"""Stateless channel access tokens: kept for 13 of their 15 minutes, asked for once at a time."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from plugin.gateways import Channel


class Issued(NamedTuple):
    """A token and the seconds it lives."""

    token: str
    expires_in: int


@dataclass(frozen=True)
class _Kept:
    token: str = field(repr=False)
    until: datetime


class StatelessTokens:
    """One token per channel (id and secret) and process. Safe to share between threads."""

    def __init__(self, issue: Callable[[Channel], Issued], clock: Callable[[], datetime]) -> None:
        self._issue = issue
        self._clock = clock
        self._kept: dict[Channel, _Kept] = {}
        self._flights: dict[Channel, Future[str]] = {}
        self._lock = threading.Lock()

    def get(self, channel: Channel) -> str:
        """The kept token, or a new one; whoever asks meanwhile waits for the same answer."""
        with self._lock:
            kept = self._kept.get(channel)
            if kept and self._clock() < kept.until:
                return kept.token
            flight = self._flights.get(channel)
            leading = flight is None
            if flight is None:
                flight = self._flights[channel] = Future()
        return self._lead(channel, flight) if leading else flight.result()

    def forget(self, channel: Channel, token: str) -> None:
        """LINE refused this token. A newer one, fetched by somebody else meanwhile, stays."""
        with self._lock:
            kept = self._kept.get(channel)
            # Of many who meet a dead token at once, only the first may cost a new one.
            if kept and kept.token == token:
                del self._kept[channel]

    def _lead(self, channel: Channel, flight: Future[str]) -> str:
        try:
            issued = self._issue(channel)
        except BaseException as error:
            # Those who waited fail with it; the next to ask tries again.
            self._land(channel, None)
            flight.set_exception(error)
            raise
        self._land(channel, issued)
        flight.set_result(issued.token)
        return issued.token

    def _land(self, channel: Channel, issued: Issued | None) -> None:
        with self._lock:
            del self._flights[channel]
            if issued:
                life = timedelta(seconds=issued.expires_in * 13 / 15)
                self._kept[channel] = _Kept(issued.token, self._clock() + life)
