"""What a broken connection means: nothing happened over there, or nobody knows."""

import ssl
from collections.abc import Iterator

from urllib3.exceptions import ConnectTimeoutError, LocationValueError, NewConnectionError

from plugin.gateways import GatewayError

_NOT_CONNECTED = (NewConnectionError, ConnectTimeoutError, LocationValueError)
# OpenSSL's words for a greeting that failed: no request had been sent yet.
_GREETING_FAILED = ("CERTIFICATE", "HANDSHAKE", "WRONG_VERSION", "UNSUPPORTED_PROTOCOL")


def network_fault(platform: str, error: BaseException) -> GatewayError:
    """`unreachable` where no connection was made, else `lost`: the request may have had effect."""
    if any(_is_unsent(cause) for cause in _causes(error)):
        return GatewayError(
            f"{platform} could not be reached", permanent=False, reason="unreachable"
        )
    return GatewayError(f"{platform} gave no answer", permanent=False, reason="lost")


def unreadable(platform: str, *, write: bool) -> GatewayError:
    """A good status with a body that makes no sense; a write may well have been done."""
    return GatewayError(
        f"{platform} gave an answer that cannot be read",
        permanent=False,
        reason="lost" if write else "unavailable",
    )


def _is_unsent(cause: BaseException) -> bool:
    if isinstance(cause, ssl.SSLError):
        return any(word in str(getattr(cause, "reason", "")) for word in _GREETING_FAILED)
    return isinstance(cause, _NOT_CONNECTED)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all it wraps: urllib3 and requests hide causes in four different places."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        wrapped = (getattr(cause, "reason", None), cause.__cause__, cause.__context__, *cause.args)
        waiting += [inner for inner in wrapped if isinstance(inner, BaseException)]
