"""A signed OAuth `state` that carries its own data, so that nothing is stored."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime
from typing import NamedTuple

SIGNATURE_BYTES = 32
# The platform's address must stay short enough for every server on the way.
LONGEST_PATH = 300


class StateContent(NamedTuple):
    """`browser`: fingerprint of the browser's cookie; `next_path`: where to go after the login."""

    browser: str
    next_path: str
    expires_at: datetime


def write_state(secret: str, purpose: str, content: StateContent) -> str:
    path = content.next_path if len(content.next_path) <= LONGEST_PATH else "/"
    expires = int(content.expires_at.timestamp())
    payload = json.dumps([secrets.token_urlsafe(16), content.browser, path, expires]).encode()
    return _text(_mac(secret, purpose, payload) + payload)


def read_state(secret: str, purpose: str, state: str) -> StateContent | None:
    try:
        raw = base64.urlsafe_b64decode(state + "=" * (-len(state) % 4))
    except (binascii.Error, ValueError):
        return None
    if _text(raw) != state:
        # A state must have exactly one spelling, or each spelling could be used once.
        return None
    signature, payload = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _mac(secret, purpose, payload)):
        return None
    _, browser, path, expires = json.loads(payload)
    return StateContent(browser, path, datetime.fromtimestamp(expires, UTC))


def code_verifier(secret: str, state: str) -> str:
    """Derive PKCE's secret (RFC 7636: 43 to 128 characters), which takes the key."""
    return derived(secret, "verifier", state)


def derived(secret: str, name: str, state: str) -> str:
    return _text(_mac(secret, f"derived {name}", state.encode()))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _mac(secret: str, purpose: str, payload: bytes) -> bytes:
    # The purpose keeps a state of one kind from being used as another.
    text = b"|".join((b"musubi.state.1", purpose.encode(), payload))
    return hmac.digest(secret.encode(), text, hashlib.sha256)
