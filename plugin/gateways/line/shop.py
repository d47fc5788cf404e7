"""LINE's own emojis as pictures, from the server where everybody's LINE has them from."""

from collections.abc import Callable

import urllib3
from urllib3.exceptions import HTTPError

from plugin.gateways import GatewayError
from plugin.gateways.deadline import seconds_left
from plugin.gateways.line.content import spooled
from plugin.gateways.network import network_fault, unreadable
from plugin.gateways.pool import Timeouts, shared_pool

# A picture of a list that somebody looks at; whoever waits longer has chosen by its number.
TIMEOUTS = Timeouts(connect=2.0, read=4.0)
# LINE's own have 3 to 15 kB.
LARGEST = 100_000
PNG = b"\x89PNG\r\n\x1a\n"


class LiveLineShop:
    """`LineShop`. Safe to share between threads."""

    def __init__(self, base: str, before_call: Callable[[], None]) -> None:
        self._base = base.rstrip("/")
        self._before_call = before_call

    def emoji(self, product: str, emoji: str) -> bytes:
        self._before_call()
        url = f"{self._base}/sticonshop/v1/sticon/{product}/iPhone/{emoji}.png"
        connect, read = map(seconds_left, TIMEOUTS)
        timeout = urllib3.Timeout(connect=connect, read=read)
        try:
            response = shared_pool().request(
                "GET", url, timeout=timeout, preload_content=False, redirect=False
            )
        except (HTTPError, OSError) as error:
            raise network_fault("LINE", error) from None
        if response.status != 200:
            response.close()
            raise _refusal(response.status)
        with spooled(response, LARGEST, TIMEOUTS.read) as file:
            picture = file.read()
        if not picture.startswith(PNG):
            raise unreadable("LINE", write=False)
        return picture


def _refusal(status: int) -> GatewayError:
    # Servers of files say 403 as well where there is none.
    if status in (403, 404, 410):
        return GatewayError("LINE has no such emoji", permanent=True, reason="not_found")
    words = f"LINE answered {status} for a picture"
    return GatewayError(words, permanent=False, reason="unavailable")
