"""The signed code of a tracked link: its target and the send it belongs to."""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Iterable
from typing import NamedTuple

TARGET_BYTES, SIGNATURE_BYTES = 8, 12
CODE_LENGTH = 48  # base64url of 36 bytes (the send's 16 between them), no padding


class Click(NamedTuple):
    """`target`: id of the target address; `retry_key`: UUID of the send that holds the link."""

    target: int
    retry_key: str


def write_code(secret: str, click: Click) -> str:
    payload = click.target.to_bytes(TARGET_BYTES, "big") + uuid.UUID(click.retry_key).bytes
    return base64.urlsafe_b64encode(payload + _signature(secret, payload)).decode()


def read_code(keys: Iterable[str], code: str) -> Click | None:
    if len(code) != CODE_LENGTH or not code.isascii():
        return None
    try:
        raw = base64.b64decode(code, altchars=b"-_", validate=True)
    except ValueError:
        return None
    payload, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    if not any(hmac.compare_digest(_signature(key, payload), signature) for key in keys):
        return None
    target = int.from_bytes(payload[:TARGET_BYTES], "big")
    return Click(target, str(uuid.UUID(bytes=payload[TARGET_BYTES:])))


def _signature(secret: str, payload: bytes) -> bytes:
    return hmac.digest(secret.encode(), b"musubi.click.1|" + payload, hashlib.sha256)[
        :SIGNATURE_BYTES
    ]
