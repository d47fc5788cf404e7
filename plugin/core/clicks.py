"""The code of a tracked link: which target, out of which message, signed."""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Iterable
from typing import NamedTuple

TARGET_BYTES, SIGNATURE_BYTES = 8, 12
CODE_LENGTH = 48  # base64url of 36 bytes (the send's 16 between them), no padding


class Click(NamedTuple):
    """`target` is the id of the address; `retry_key` is the UUID of the send it stands in."""

    target: int
    retry_key: str


def write_code(secret: str, click: Click) -> str:
    """48 characters of [A-Za-z0-9_-]."""
    said = click.target.to_bytes(TARGET_BYTES, "big") + uuid.UUID(click.retry_key).bytes
    return base64.urlsafe_b64encode(said + _signature(secret, said)).decode()


def read_code(keys: Iterable[str], code: str) -> Click | None:
    """What a code says, or None where no key of ours signed it."""
    if len(code) != CODE_LENGTH or not code.isascii():
        return None
    try:
        raw = base64.b64decode(code, altchars=b"-_", validate=True)
    except ValueError:
        return None
    said, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    if not any(hmac.compare_digest(_signature(key, said), signature) for key in keys):
        return None
    target = int.from_bytes(said[:TARGET_BYTES], "big")
    return Click(target, str(uuid.UUID(bytes=said[TARGET_BYTES:])))


def _signature(secret: str, said: bytes) -> bytes:
    return hmac.digest(secret.encode(), b"musubi.click.1|" + said, hashlib.sha256)[:SIGNATURE_BYTES]
