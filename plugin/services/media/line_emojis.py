"""LINE's own emojis: each fetched from LINE once, then served from where pictures are kept.

Browsers ask Musubi alone, so that no page of a team tells another server who looks at what.
"""

import io
import threading
import time

from plugin.core.messages.line_emojis import is_in_a_set
from plugin.gateways import GatewayError
from plugin.services import Dependencies

FOLDER = "line-emojis"
# Where LINE gives none, the next ones are not asked for; a list has two hundred of them.
SILENT_SECONDS = 60.0
AT_ONCE, LONGEST_WAIT = 4, 3.0


class _Fetching:
    """What this process knows of LINE's server."""

    def __init__(self) -> None:
        self.places = threading.BoundedSemaphore(AT_ONCE)
        self.silent_until = 0.0

    def forget(self) -> None:
        """Ask LINE again, for tests."""
        self.silent_until = 0.0


fetching = _Fetching()


def emoji_picture(deps: Dependencies, product: str, emoji: str) -> bytes:
    """Return its PNG. Raise `GatewayError`: `not_found` for ids that are in no set."""
    if not is_in_a_set(product, emoji):
        raise GatewayError("There is no such emoji", permanent=True, reason="not_found")
    path = f"{FOLDER}/{product}/{emoji}.png"
    try:
        with deps.gateways.media.read(path) as file:
            return file.read()
    except GatewayError as error:
        if error.reason != "not_found":
            raise
    picture = _fetch(deps, product, emoji)
    deps.gateways.media.write(path, io.BytesIO(picture))
    return picture


def _fetch(deps: Dependencies, product: str, emoji: str) -> bytes:
    if not fetching.places.acquire(timeout=LONGEST_WAIT):
        raise _unavailable()
    try:
        if time.monotonic() < fetching.silent_until:
            raise _unavailable()
        return deps.gateways.line_shop.emoji(product, emoji)
    except GatewayError as error:
        if error.reason in ("unreachable", "lost"):
            fetching.silent_until = time.monotonic() + SILENT_SECONDS
        raise
    finally:
        fetching.places.release()


def _unavailable() -> GatewayError:
    words = "LINE gives no pictures just now"
    return GatewayError(words, permanent=False, reason="unavailable")
