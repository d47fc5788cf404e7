"""Bodies of answers, read up to a size and for a time: a socket's own limit is for each read, so
that one byte every few seconds would never meet it."""

import time
from collections.abc import Iterator
from typing import Any

from plugin.gateways.deadline import seconds_left

# LINE's largest answers, a thousand rich menus or followers, have a few megabytes at most.
LARGEST = 10_000_000
LONGEST_SECONDS = 60.0
PIECE = 64 * 1024


def read_body(response: Any, largest: int = LARGEST) -> bytes:
    """Return the body of a `urllib3` response, and of a larger one its beginning. Raise `OSError`
    or urllib3's `HTTPError` where it does not come in time."""
    body = bytearray()
    for piece in pieces(response, LONGEST_SECONDS):
        body += piece
        if len(body) >= largest:
            # What is left unread would stand before the answer to the next call.
            response.close()
            return bytes(body[:largest])
    response.release_conn()
    return bytes(body)


def pieces(response: Any, seconds: float) -> Iterator[bytes]:
    """Yield the body as it comes. Raise `TimeoutError` where it takes longer than `seconds`."""
    end = time.monotonic() + seconds_left(seconds)
    while piece := response.read1(PIECE, decode_content=True):
        yield piece
        if time.monotonic() >= end:
            response.close()
            raise TimeoutError("the answer does not end")
