"""The one error of the gateways, with its verdict."""

from datetime import datetime
from typing import Literal

Reason = Literal[
    "unreachable",  # no connection was made: nothing happened over there
    "lost",  # the request may have had its effect, the answer never came or was unreadable
    "unavailable",  # 5xx, 423, 477: repeat later
    "rate_limited",  # too fast: wait until retry_at
    "monthly_limit",  # LINE's message quota; permanent only where the service finds it used up
    "user_flood",  # too many messages to one LINE user
    "unauthorized",  # 401: the token is dead
    "revoked",  # the portal took its consent back
    "configuration",  # a client id, secret or redirect URL is wrong: a person must act
    "forbidden",  # 403: plan, scope or verification is missing
    "not_found",
    "conflict",
    "invalid",  # 400 with a reason that a person can act on
    "refused",  # any other 4xx
]


class GatewayError(Exception):
    """A platform said no, or said nothing.

    `permanent`: repeating the same call cannot help. `retry_at`: not before this moment (UTC), or
    None for "back off as you like". `details` are the provider's own words by field, for people.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        reason: Reason,
        retry_at: datetime | None = None,
        status: int | None = None,
        request_id: str = "",
        details: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.reason: Reason = reason
        self.retry_at = retry_at
        self.status = status
        self.request_id = request_id
        self.details = details
