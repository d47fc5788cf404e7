"""The listening socket accepts all connections and ends the slowest of too many."""

import functools
import socket
import time
from typing import Any, TypeAlias

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer

from plugin.server.bodies import Bodies, RequestParser
from plugin.server.lanes import Lanes

# waitress has no type for a WSGI application.
WSGIApp: TypeAlias = Any

# For an idle connection; a proxy's own limit is usually shorter.
IDLE_SECONDS = 120.0
# From the connection to its first request, and from a request's first byte to the end of its head.
HEAD_SECONDS = 10.0
# For a client to read its response.
ANSWER_SECONDS = 120.0
# Accepted in a row, before existing connections have their turn.
ACCEPT_AT_ONCE = 100
PAUSE_SECONDS = 0.5
REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n"
    b"Cache-Control: no-store\r\n\r\n"
)


class Connection(HTTPChannel):
    """One client: slow while its request arrives, or while it does not read its response."""

    def __init__(
        self,
        server: "Server",
        sock: socket.socket,
        addr: Any,
        adj: Any,
        map: Any = None,  # noqa: A002
    ) -> None:
        self.parser_class = functools.partial(RequestParser, bodies=server.bodies)
        # Since when it waits for its client: for the next request, or to send the response.
        self.waiting_since = time.monotonic()
        self.used = False
        super().__init__(server, sock, addr, adj, map=map)

    def service(self) -> None:
        self.used = True
        super().service()
        self.waiting_since = time.monotonic()

    def handle_close(self) -> None:
        if self.request is not None:
            self.request.close()
        super().handle_close()

    @property
    def began(self) -> float:
        return self.request.began if self.request is not None else self.waiting_since

    def is_overdue(self, now: float) -> bool:
        if self.requests:
            return False
        return now - self.began > self._time_limit()

    def _time_limit(self) -> float:
        if self.total_outbufs_len:
            return ANSWER_SECONDS
        if self.request is None:
            return IDLE_SECONDS if self.used else HEAD_SECONDS
        return self.request.seconds if self.request.headers_finished else HEAD_SECONDS


class Server(TcpWSGIServer):
    """The listening socket. Its bound ends slow connections, not new ones."""

    channel_class = Connection
    next_channel_cleanup: float = 0

    def __init__(
        self, app: WSGIApp, bound: socket.socket, adj: Adjustments, lanes: Lanes, most: int
    ) -> None:
        self.most = most
        self.lanes = lanes
        self.bodies = Bodies(lanes)
        self._paused_until = 0.0
        sockinfo = (bound.family, bound.type, bound.proto, bound.getsockname())
        super().__init__(
            app, {}, True, bound, dispatcher=lanes, adj=adj, sockinfo=sockinfo, bind_socket=False
        )

    def readable(self) -> bool:
        """Return whether to accept; the loop calls it at every turn."""
        now = time.monotonic()
        # Slow connections must end even where no new one comes.
        if now >= self.next_channel_cleanup:
            self.next_channel_cleanup = now + self.adj.cleanup_interval
            self.maintenance(now)
        return bool(self.accepting) and now >= self._paused_until

    def maintenance(self, now: float) -> None:
        for channel in list(self.active_channels.values()):
            if channel.is_overdue(now):
                channel.handle_close()

    def handle_accept(self) -> None:
        for _ in range(ACCEPT_AT_ONCE):
            try:
                accepted = self.accept()
            except OSError:
                # Out of file descriptors, or the client is already gone: no reason to end.
                self._evict()
                self._paused_until = time.monotonic() + PAUSE_SECONDS
                self.lanes.count_refusal("accepting")
                return
            if accepted is None:
                return
            self._open(*accepted)

    def _open(self, client: socket.socket, address: Any) -> None:
        if len(self.active_channels) >= self.most and not self._evict():
            self._refuse(client)
            return
        try:
            self.set_socket_options(client)
        except OSError:
            client.close()
            return
        Connection(self, client, address, self.adj, map=self._map)

    def _evict(self) -> bool:
        """End the connection that is slow longest; False where all are being served."""
        slow = [channel for channel in self.active_channels.values() if not channel.requests]
        if not slow:
            return False
        min(slow, key=lambda channel: channel.began).handle_close()
        self.lanes.count_refusal("slow_connections")
        return True

    def _refuse(self, client: socket.socket) -> None:
        self.lanes.count_refusal("connections")
        try:
            client.setblocking(False)
            client.send(REFUSAL)
        except OSError:
            pass
        finally:
            client.close()
