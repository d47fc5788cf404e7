"""The HTTP server (waitress): bounded connections, and own threads for signed calls."""

import socket

from waitress.adjustments import Adjustments

from plugin.server.bodies import LARGEST_DRAINED
from plugin.server.files import allowed_connections
from plugin.server.front import Server, WSGIApp
from plugin.server.lanes import Lanes, lanes_for

__all__ = ["PortTaken", "listen_on", "make_server"]

BACKLOG = 1024
LARGEST_HEAD = 64 * 1024


class PortTaken(Exception):
    """The port is not available; the message names it and tells how to choose another."""


def listen_on(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("0.0.0.0", port))  # noqa: S104
        # Only listening shows whether another process listens.
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise PortTaken(_why_not(port, error)) from error
    return bound


def make_server(
    app: WSGIApp, bound: socket.socket, sandbox: bool, *, proxied: bool = False
) -> Server:
    """Serve `app` on a bound socket; `run()` serves until SystemExit."""
    settings = Adjustments(
        sockets=[bound],
        backlog=BACKLOG,
        ident=None,
        # X-Forwarded-For reaches the app, which decides whether to trust it.
        clear_untrusted_proxy_headers=not proxied,
        # select() fails at the file descriptor 1024; poll() has no such limit.
        asyncore_use_poll=True,
        max_request_header_size=LARGEST_HEAD,
        max_request_body_size=LARGEST_DRAINED,
        # Bodies stay in memory, within the lanes' bounds, so that no client can fill the disk.
        inbuf_overflow=LARGEST_DRAINED,
        cleanup_interval=1,
        log_socket_errors=False,
    )
    return Server(app, bound, settings, Lanes(lanes_for(sandbox)), allowed_connections())


def _why_not(port: int, error: OSError) -> str:
    reason = error.strerror or type(error).__name__
    return (
        f"Musubi cannot listen on port {port}: {reason}.\n"
        "Another program may be using it, perhaps another Musubi. End that one, or choose another"
        f" port: PORT={port + 1 if port < 65535 else 8000} make run"
    )
