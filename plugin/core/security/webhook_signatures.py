"""Signatures of outgoing webhooks, after Standard Webhooks (standardwebhooks.com)."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

SECRET_BYTES = 24
PREFIX = "whsec_"


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def new_event_key() -> str:
    return f"evt_{secrets.token_hex(16)}"


def signed_headers(
    valid_secrets: Sequence[str], key: str, now: datetime, body: bytes
) -> dict[str, str]:
    """Return the three headers of the standard; one signature for each secret that is valid."""
    timestamp = str(int(now.timestamp()))
    content = f"{key}.{timestamp}.".encode() + body
    return {
        "webhook-id": key,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(secret, content) for secret in valid_secrets),
    }


def _signature(secret: str, content: bytes) -> str:
    raw_key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.digest(raw_key, content, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"
