"""`GatewayError` and how HTTP statuses are classified."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from plugin.gateways.protocols.hubspot import PropertyFault

Reason = Literal[
    "unreachable",  # no connection was made, so the request had no effect
    "lost",  # the request may have taken effect, but no readable response came
    "unavailable",  # 5xx, 423, 477: repeat later
    "rate_limited",  # too fast: wait until retry_at
    "monthly_limit",  # LINE's message quota; permanent only where the service finds it used up
    "user_flood",  # too many messages to one LINE user
    "unauthorized",  # 401: the token is invalid
    "revoked",  # the portal withdrew its consent
    "configuration",  # a client id, secret or redirect URL is wrong: a person must act
    "forbidden",  # 403: plan, scope or verification is missing
    "not_found",
    "wrong_provider",  # LINE: the user ID belongs to another provider's channels
    "conflict",
    "invalid",  # 400 with a reason that a person can act on
    "refused",  # any other 4xx
]


class GatewayError(Exception):
    """A platform refused a request or did not answer."""

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
        self.permanent = permanent  # repeating the same call cannot help
        self.reason: Reason = reason
        self.retry_at = retry_at  # the earliest time (UTC) of a retry; None: any back-off
        self.status = status
        self.request_id = request_id
        self.details = details  # the provider's own messages by field, for people
        self.unsent = False  # the error came before the call, which was never made


_BY_STATUS: Mapping[int, tuple[Reason, bool]] = {
    400: ("invalid", True),
    401: ("unauthorized", True),
    403: ("forbidden", True),
    404: ("not_found", True),
    408: ("unavailable", False),
    409: ("conflict", True),
    429: ("rate_limited", False),
}


def classify_status(
    status: int, special: Mapping[int, tuple[Reason, bool]] | None = None
) -> tuple[Reason, bool]:
    """Return the reason and whether it is permanent; `special` overrides the defaults."""
    known = {**_BY_STATUS, **(special or {})}
    if status in known:
        return known[status]
    return ("refused", True) if 400 <= status < 500 else ("unavailable", False)


class PropertiesError(GatewayError):
    """Some contact properties cannot be used; those in `created` were created all the same."""

    def __init__(
        self, message: str, faults: tuple[PropertyFault, ...], created: tuple[str, ...] = ()
    ) -> None:
        details = tuple(f"{fault.name}: {fault.words}" for fault in faults)
        super().__init__(message, permanent=True, reason="invalid", details=details)
        self.faults, self.created = faults, created
