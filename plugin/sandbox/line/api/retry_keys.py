"""`X-Line-Retry-Key`, which makes a repeated send harmless (docs: retrying an API request)."""

import re

from flask import request

from plugin.sandbox.line.api.answers import LineError, refusal
from plugin.sandbox.store import Value
from plugin.sandbox.world import World

HEADER = "X-Line-Retry-Key"
LIFE = 24 * 3600
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def request_key() -> str:
    """Return the request's key, or "". Raises 400 if it is no hexadecimal UUID."""
    key = request.headers.get(HEADER, "")
    if key and not UUID.fullmatch(key):
        raise refusal(400, f"The value of the '{HEADER}' header is invalid")
    # A UUID is the same in either case.
    return key.lower()


def refuse_key() -> None:
    # Every endpoint but push, multicast, narrowcast and broadcast refuses the header.
    if HEADER in request.headers:
        raise refusal(400, f"The '{HEADER}' header is not supported by this endpoint")


def require_unused(world: World, channel: str, key: str) -> None:
    """Raise 409 with the first answer's facts if the key was accepted within 24 hours."""
    first = world.store.get("line_retry_key", f"{channel} {key}") if key else None
    if first is None or world.clock.now() - first["at"] >= LIFE:
        return
    body = {"message": "The retry key is already accepted", **first["answer"]}
    raise LineError(409, body, {"x-line-accepted-request-id": first["request_id"]})


def accept(world: World, channel: str, key: str, request_id: str, answer: Value) -> None:
    # Only an accepted request uses its key: after a 4xx or 429 it is still new.
    if key:
        value = {"at": world.clock.now(), "request_id": request_id, "answer": answer}
        world.store.put("line_retry_key", f"{channel} {key}", value)
