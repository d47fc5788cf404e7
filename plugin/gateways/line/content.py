"""What friends sent: fetched into a file, a piece at a time and never more than a limit, in size
and in time."""

import tempfile
from typing import IO, Any

from urllib3.exceptions import HTTPError

from plugin.gateways import GatewayError
from plugin.gateways.bodies import pieces
from plugin.gateways.network import network_fault

TOO_LARGE = "too_large"
IN_MEMORY = 1_000_000


def spooled(response: Any, largest: int, seconds: float) -> IO[bytes]:
    """Read a response into a file that is in memory while it is small."""
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - its reader closes it
    try:
        fits = _copy(response, file, largest, seconds)
    except (HTTPError, OSError) as error:
        file.close()
        response.close()
        raise network_fault("LINE", error) from None
    if not fits:
        file.close()
        # What is left unread would stand before the response to the next call.
        response.close()
        raise GatewayError(
            "It is too large.", permanent=True, reason="refused", details=(TOO_LARGE,)
        )
    response.release_conn()
    file.seek(0)
    return file


def _copy(response: Any, file: IO[bytes], largest: int, seconds: float) -> bool:
    for piece in pieces(response, seconds):
        file.write(piece)
        if file.tell() > largest:
            return False
    return True
