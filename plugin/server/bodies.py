"""Hold request bodies in memory, counted as they arrive, within each lane's bound."""

import threading
import time
from collections import Counter
from typing import Any, Protocol

from waitress.parser import HTTPRequestParser
from waitress.utilities import Error

from plugin.server.lanes import KILO, MEGA, Lane, Lanes
from plugin.server.refusals import Busy, TooLarge

# A larger body is not even discarded: the connection ends.
LARGEST_DRAINED = 64 * MEGA
# Requests that have no use for a body.
BODILESS = ("GET", "HEAD", "OPTIONS", "DELETE")
SMALL = 64 * KILO


class _Nothing:
    def append(self, data: bytes) -> None: ...

    def close(self) -> None: ...

    def __len__(self) -> int:
        return 0


class IncomingRequest(Protocol):
    """A request whose body is arriving."""

    began: float

    def discard(self, refusal: Busy) -> None: ...


class Bodies:
    """The bytes that each lane holds, and the requests whose bodies are still arriving."""

    def __init__(self, lanes: Lanes) -> None:
        self.lanes = lanes
        self._lock = threading.Lock()
        self._held: Counter[str] = Counter()
        self._unfinished: dict[str, set[IncomingRequest]] = {
            lane.name: set() for lane in lanes.lanes
        }

    def add_bytes(self, lane: Lane, size: int) -> None:
        with self._lock:
            self._held[lane.name] += size

    def begin(self, lane: Lane, request: IncomingRequest) -> None:
        self._unfinished[lane.name].add(request)

    def end(self, lane: Lane, request: IncomingRequest) -> None:
        self._unfinished[lane.name].discard(request)

    def make_room(self, lane: Lane, newest: IncomingRequest) -> None:
        """Discard the bodies that have been arriving longest, until the lane's bound is kept."""
        while self._held[lane.name] > lane.held:
            candidates = [
                request for request in list(self._unfinished[lane.name]) if request is not newest
            ]
            victim = min(candidates, key=lambda request: request.began, default=newest)
            victim.discard(Busy())
            self.lanes.count_refusal(f"{lane.name}_bodies")
            if victim is newest:
                return


class RequestParser(HTTPRequestParser):
    # waitress's attributes, declared again for their types.
    completed: bool = False
    expect_continue: bool = False
    error: Error | None = None

    def __init__(self, adjustments: Any, bodies: Bodies) -> None:
        super().__init__(adjustments)
        self.began = time.monotonic()
        self.bodies = bodies
        self.lane: Lane | None = None
        self._size = 0
        self._refusal: Busy | None = None

    @property
    def seconds(self) -> float:
        return self.lane.seconds if self.lane else 10.0

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if self.lane is None and self.body_rcv is not None and not self.error:
            self._begin_body()
        if self.lane is not None and self._refusal is None:
            self._count(self.lane)
        if self.completed:
            self._complete()
        return consumed

    # Read to its end: a client that is still sending does not read the response.
    def discard(self, refusal: Busy) -> None:
        self._refusal = refusal
        self._release()
        self.body_rcv.getbuf().close()
        self.body_rcv.buf = _Nothing()
        # A client that asked with "Expect: 100-continue" is refused at once.
        self.completed = self.completed or self.expect_continue
        self.expect_continue = False

    def close(self) -> None:
        """Release the body; waitress calls this from any thread, after the response."""
        self._release()
        super().close()

    def _begin_body(self) -> None:
        self.lane = self.bodies.lanes.of(self.path)
        self.bodies.begin(self.lane, self)
        if self.content_length > self._largest(self.lane):
            self.discard(TooLarge())

    def _count(self, lane: Lane) -> None:
        size = len(self.body_rcv)
        self.bodies.add_bytes(lane, size - self._size)
        self._size = size
        if size > self._largest(lane):
            self.discard(TooLarge())
        else:
            self.bodies.make_room(lane, self)

    def _largest(self, lane: Lane) -> int:
        return min(lane.body, SMALL) if self.command in BODILESS else lane.body

    def _complete(self) -> None:
        if self._refusal is not None:
            self.error = self._refusal
        elif self.error and self.error.code == TooLarge.code:
            self.error = TooLarge()
        if self.lane is not None:
            self.bodies.end(self.lane, self)

    def _release(self) -> None:
        if self.lane is not None:
            self.bodies.end(self.lane, self)
            size, self._size = self._size, 0
            self.bodies.add_bytes(self.lane, -size)
