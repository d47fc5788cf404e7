"""Verify the signatures of HubSpot and LINE over raw bytes; no input raises."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

# HubSpot decodes only these before it hashes for v3 (its request validation guide).
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
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def is_from_line(secrets: Iterable[str], body: bytes, signature: str | None) -> bool:
    return any(_same(line_signature(secret, body), signature) for secret in secrets)


def hubspot_v1(secret: str, request: SignedRequest) -> str:
    """Return hex SHA-256 over secret and body; webhooks only."""
    return hashlib.sha256(secret.encode() + request.body).hexdigest()


def hubspot_v2(secret: str, request: SignedRequest) -> str:
    head = f"{secret}{request.method}{request.uri}".encode()
    return hashlib.sha256(head + request.body).hexdigest()


def hubspot_v3(secret: str, request: SignedRequest, timestamp: str) -> str:
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
    """Return whether HubSpot signed this within five minutes of `now`, before or after."""
    if not _is_fresh(timestamp, now):
        return False
    return signed_at(secrets, request, signature, timestamp) is not None


def signed_at(
    secrets: Iterable[str], request: SignedRequest, signature: str | None, timestamp: str | None
) -> float | None:
    """Return when HubSpot signed this (seconds since 1970), or None if it did not."""
    if not _is_moment(timestamp):
        return None
    genuine = any(_same(hubspot_v3(key, request, timestamp or ""), signature) for key in secrets)
    return int(timestamp or "") / 1000 if genuine else None


def is_v2(secrets: Iterable[str], request: SignedRequest, signature: str | None) -> bool:
    return any(_same(hubspot_v2(key, request), signature) for key in secrets)


def is_v1(secrets: Iterable[str], request: SignedRequest, signature: str | None) -> bool:
    return any(_same(hubspot_v1(key, request), signature) for key in secrets)


def _is_moment(timestamp: str | None) -> bool:
    # No time has more than 20 digits, and int() raises for very long texts.
    return bool(timestamp and len(timestamp) <= 20 and timestamp.isascii() and timestamp.isdigit())


def _is_fresh(timestamp: str | None, now: datetime) -> bool:
    if not _is_moment(timestamp):
        return False
    return abs(now.timestamp() * 1000 - int(timestamp or "")) <= MAX_AGE_MS


def _decoded(uri: str) -> str:
    for code, character in _DECODED.items():
        uri = uri.replace(code, character).replace(code.lower(), character)
    return uri


def _same(expected: str, signature: str | None) -> bool:
    return hmac.compare_digest(expected.encode(), (signature or "").encode("utf-8", "replace"))
