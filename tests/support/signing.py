"""How the platforms sign, written apart from the code that checks it."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import requests

from plugin.settings import SANDBOX_CREDENTIALS

# Only ends a test that hangs: a thousand callers at once take long on a busy machine.
PATIENCE = 120
SECRET = SANDBOX_CREDENTIALS["HUBSPOT_CLIENT_SECRET"]


def hubspot_post(
    url: str, body: Any, version: str = "v3", secret: str = SECRET, timestamp: int | None = None
) -> requests.Response:
    """POST as HubSpot would: v1, v2 or v3."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = str(timestamp if timestamp is not None else int(time.time() * 1000))
    headers = {"Content-Type": "application/json"}
    if version == "v3":
        text = b"POST" + url.encode() + raw + stamp.encode()
        digest = hmac.new(secret.encode(), text, hashlib.sha256).digest()
        headers["X-HubSpot-Signature-v3"] = base64.b64encode(digest).decode()
        headers["X-HubSpot-Request-Timestamp"] = stamp
    elif version in ("v1", "v2"):
        head = secret if version == "v1" else f"{secret}POST{url}"
        headers["X-HubSpot-Signature"] = hashlib.sha256(head.encode() + raw).hexdigest()
        headers["X-HubSpot-Signature-Version"] = version
    return requests.post(url, data=raw, headers=headers, timeout=PATIENCE)


def line_post(url: str, body: Any, secret: str) -> requests.Response:
    """POST as LINE would."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).digest()
    headers = {"X-Line-Signature": base64.b64encode(digest).decode()}
    return requests.post(url, data=raw, headers=headers, timeout=PATIENCE)
