"""Broken connections and unreadable responses as `GatewayError`s."""

import ssl
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from urllib3.exceptions import ConnectTimeoutError, LocationValueError, NewConnectionError

from plugin.gateways import GatewayError

Row = TypeVar("Row")
_NOT_CONNECTED = (NewConnectionError, ConnectTimeoutError, LocationValueError)
# OpenSSL's reasons for a failed handshake: no request had been sent yet.
_HANDSHAKE_FAILED = ("CERTIFICATE", "HANDSHAKE", "WRONG_VERSION", "UNSUPPORTED_PROTOCOL")


def network_fault(platform: str, error: BaseException) -> GatewayError:
    """Return `unreachable` where no connection was made, else `lost`: it may have had effect."""
    if any(_is_unsent(cause) for cause in _causes(error)):
        return GatewayError(
            f"{platform} could not be reached", permanent=False, reason="unreachable"
        )
    return GatewayError(f"{platform} gave no answer", permanent=False, reason="lost")


def unreadable(platform: str, *, write: bool) -> GatewayError:
    return GatewayError(
        f"{platform} gave an answer that cannot be read",
        permanent=False,
        # The status was good, so a write may have been done.
        reason="lost" if write else "unavailable",
    )


def parse_rows(rows: Sequence[Any], make: Callable[[Any], Row]) -> list[Row]:
    """Parse the rows, inside a `reading()`; skip those that cannot be read, raise if none can."""
    parsed, problem = list[Row](), None
    for row in rows:
        try:
            parsed.append(make(row))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            problem = error
    if problem is not None and not parsed:
        raise ValueError("no row can be read") from problem
    return parsed


def _is_unsent(cause: BaseException) -> bool:
    if isinstance(cause, ssl.SSLError):
        return any(word in str(getattr(cause, "reason", "")) for word in _HANDSHAKE_FAILED)
    return isinstance(cause, _NOT_CONNECTED)


def _causes(error: BaseException) -> Iterator[BaseException]:
    pending, seen = [error], set[int]()
    while pending:
        cause = pending.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        # urllib3 and requests hide causes in four different places.
        wrapped = (getattr(cause, "reason", None), cause.__cause__, cause.__context__, *cause.args)
        pending += [inner for inner in wrapped if isinstance(inner, BaseException)]
