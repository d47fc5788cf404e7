"""Linkage tokens: unforgeable, URL-safe, bound to portal, contact and Official Account.

A token is 16 random bytes, which find its row, and 16 bytes of HMAC over the row's content.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import NamedTuple

NONCE_BYTES = 16
SIGNATURE_BYTES = 16
TOKEN_LENGTH = 43  # base64url of 32 bytes, without padding: [A-Za-z0-9_-] only
# A link that a mail program cut keeps at least this much of its token.
SHORTEST_PIECE = 16


class LinkageClaim(NamedTuple):
    """What a token is signed for. `expires`: seconds since the epoch."""

    portal_id: int
    contact_id: int
    official_account: int
    qr_code: int
    expires: int


def new_nonce() -> str:
    return secrets.token_hex(NONCE_BYTES)


def issue(secret: str, nonce: str, claim: LinkageClaim) -> str:
    # A row alone (a stolen database) makes no token, but a token can be written again from its row.
    raw = bytes.fromhex(nonce) + _signature(secret, nonce, claim)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def nonce_of(token: str) -> str | None:
    """Return the half that finds the row, or None where the text cannot be a token."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token + "=", altchars=b"-_", validate=True)
    except ValueError:
        return None
    return raw[:NONCE_BYTES].hex()


def is_genuine(keys: Iterable[str], token: str, claim: LinkageClaim) -> bool:
    nonce = nonce_of(token)
    if nonce is None:
        return False
    return any(hmac.compare_digest(issue(key, nonce, claim), token) for key in keys)


def is_placeholder(text: str) -> bool:
    """Return whether this is an unreplaced or empty personalization token: a test send."""
    stripped = text.strip().lower()
    return not stripped or "{" in stripped or "}" in stripped or "%7b" in stripped


def is_too_short(text: str) -> bool:
    """Return whether even a cut token is longer: a default value that all contacts share."""
    return len(text.strip()) < SHORTEST_PIECE


def fingerprint(secret_text: str) -> str:
    return hashlib.sha256(secret_text.encode()).hexdigest()


def _signature(secret: str, nonce: str, claim: LinkageClaim) -> bytes:
    text = "|".join(("musubi.linkage.1", nonce, *map(str, claim)))
    return hmac.digest(secret.encode(), text.encode(), hashlib.sha256)[:SIGNATURE_BYTES]
