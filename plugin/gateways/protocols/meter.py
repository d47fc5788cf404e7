"""The rate limiter that gateways use before every call."""

from datetime import datetime
from typing import Protocol


class Meter(Protocol):
    """Rate limits by bucket: `hubspot:<portal>`, `hubspot-search:<portal>`, `hubspot:oauth` (token
    calls count against no portal), `line:<channel>:<endpoint>` and `line:login:friendship` (called
    with a friend's own token). Endpoints: push, multicast, validate, profile, followers, info,
    quota, consumption, webhook, webhook-test, token, login-token, login-verify, deauthorize."""

    def take(self, bucket: str) -> None:
        """Spend one request, or raise `GatewayError(reason="rate_limited", retry_at=...)`."""

    def close(self, bucket: str, until: datetime) -> None:
        """Refuse the bucket's requests until `until`, after the platform answered 429."""


class NoMeter:
    def take(self, bucket: str) -> None: ...

    def close(self, bucket: str, until: datetime) -> None: ...
