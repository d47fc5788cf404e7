"""Who is calling: the signatures of HubSpot and LINE, checked over raw bytes.

Every function answers True or False and raises nothing, whatever it is fed.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

# HubSpot decodes these, and only these, before it hashes for v3 (its request validation guide).
_DECODED = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'",
    "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
MAX_AGE_MS = 300_000


class SignedRequest(NamedTuple):
    """A request as it stood on the wire. `uri`: scheme, host, path and query, undecoded."""

    method: str
    uri: str
    body: bytes


def line_signature(secret: str, body: bytes) -> str:
    """What LINE puts into `X-Line-Signature`: base64 of HMAC-SHA256 over the body."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def is_from_line(secrets: Iterable[str], body: bytes, signature: str | None) -> bool:
    """Whether one of the channel's secrets, newest first, made this signature."""
    return any(_same(line_signature(secret, body), signature) for secret in secrets)


def hubspot_v1(secret: str, request: SignedRequest) -> str:
    """Hex SHA-256 over secret and body; webhooks only."""
    return hashlib.sha256(secret.encode() + request.body).hexdigest()


def hubspot_v2(secret: str, request: SignedRequest) -> str:
    """Hex SHA-256 over secret, method, URI and body."""
    head = f"{secret}{request.method}{request.uri}".encode()
    return hashlib.sha256(head + request.body).hexdigest()


def hubspot_v3(secret: str, request: SignedRequest, timestamp: str) -> str:
    """Base64 HMAC-SHA256 over method, decoded URI, body and timestamp (ms)."""
    head = f"{request.method}{_decoded(request.uri)}".encode()
    digest = hmac.digest(secret.encode(), head + request.body + timestamp.encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


def is_v3(
    secrets: Iterable[str],
    request: SignedRequest,
    signature: str | None,
    timestamp: str | None,
    now: datetime,
) -> bool:
    """Whether HubSpot signed this within five minutes of `now`, before or after."""
    if not _is_fresh(timestamp, now):
        return False
    return any(_same(hubspot_v3(key, request, timestamp or ""), signature) for key in secrets)


def is_v2(secrets: Iterable[str], request: SignedRequest, signature: str | None) -> bool:
    """Whether HubSpot signed this workflow action call; only where no v3 header came."""
    return any(_same(hubspot_v2(key, request), signature) for key in secrets)


def is_v1(secrets: Iterable[str], request: SignedRequest, signature: str | None) -> bool:
    """Whether HubSpot signed this webhook; only where no v3 header came."""
    return any(_same(hubspot_v1(key, request), signature) for key in secrets)


def _is_fresh(timestamp: str | None, now: datetime) -> bool:
    # Longer than 20 digits is no time, and int() would refuse very long ones with an error.
    if not timestamp or len(timestamp) > 20 or not (timestamp.isascii() and timestamp.isdigit()):
        return False
    return abs(now.timestamp() * 1000 - int(timestamp)) <= MAX_AGE_MS


def _decoded(uri: str) -> str:
    for code, sign in _DECODED.items():
        uri = uri.replace(code, sign).replace(code.lower(), sign)
    return uri


def _same(expected: str, given: str | None) -> bool:
    return hmac.compare_digest(expected.encode(), (given or "").encode("utf-8", "replace"))
