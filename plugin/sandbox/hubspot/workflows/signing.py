"""HubSpot's three request signatures, as its documentation describes them."""

import base64
import hashlib
import hmac
import re
from urllib.parse import unquote

from plugin.sandbox.world import World

# The only escapes HubSpot decodes before a v3 hash; `%20`, `%26`, `%3D` and others stay.
_DECODED = re.compile("%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)


def v1(secret: str, body: bytes) -> str:
    """Hex SHA-256 of secret and body."""
    return hashlib.sha256(secret.encode() + body).hexdigest()


def v2(secret: str, method: str, url: str, body: bytes) -> str:
    """Hex SHA-256 of secret, method, full address and body."""
    return hashlib.sha256(f"{secret}{method}{url}".encode() + body).hexdigest()


def v3(secret: str, method: str, url: str, body: bytes, timestamp: int) -> str:
    """Base64 HMAC-SHA256 over method, address, body and the time in milliseconds."""
    decoded = _DECODED.sub(lambda escape: unquote(escape.group()), url)
    source = f"{method}{decoded}".encode() + body + str(timestamp).encode()
    return base64.b64encode(hmac.digest(secret.encode(), source, "sha256")).decode()


def webhook_headers(world: World, url: str, body: bytes) -> dict[str, str]:
    """Webhooks carry v1 and v3."""
    secret = world.config.client_secret
    return {**_headers(world, url, body), **_old("v1", v1(secret, body))}


def action_headers(world: World, url: str, body: bytes) -> dict[str, str]:
    """Actions and their options carry v2 and v3."""
    secret = world.config.client_secret
    return {**_headers(world, url, body), **_old("v2", v2(secret, "POST", url, body))}


def _old(version: str, signature: str) -> dict[str, str]:
    return {"X-HubSpot-Signature": signature, "X-HubSpot-Signature-Version": version}


def _headers(world: World, url: str, body: bytes) -> dict[str, str]:
    timestamp = world.clock.millis()
    return {
        "Content-Type": "application/json",
        "User-Agent": "HubSpot Connect 2.0 (http://dev.hubspot.com/)",
        "X-HubSpot-Request-Timestamp": str(timestamp),
        "X-HubSpot-Signature-v3": v3(world.config.client_secret, "POST", url, body, timestamp),
    }
