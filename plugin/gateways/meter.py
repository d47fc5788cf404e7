"""What the gateways ask before every call."""

from datetime import datetime
from typing import Protocol


class Meter(Protocol):
    """What may be spent on a platform; asked before every call, told of every refusal.

    Bucket names: `hubspot:<portal>`, `hubspot-search:<portal>`, `hubspot:oauth` (token calls,
    which no portal pays for), `line:<channel>:<endpoint>`; `line:login:friendship` is asked with a
    friend's own token. Endpoints: push, multicast, validate, profile, followers, info, quota,
    consumption, webhook, webhook-test, token, login-token, login-verify, deauthorize.
    """

    def take(self, bucket: str) -> None:
        """Spend one request, or raise `GatewayError(reason="rate_limited", retry_at=...)`."""

    def close(self, bucket: str, until: datetime) -> None:
        """The platform answered 429: nobody spends from this bucket before `until`."""


class NoMeter:
    """A meter that never says no."""

    def take(self, bucket: str) -> None: ...

    def close(self, bucket: str, until: datetime) -> None: ...
