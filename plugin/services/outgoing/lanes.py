"""Whose turn it is at a receiver. Lanes send side by side, each the events of one friend."""

import threading
import time
from typing import NamedTuple

from plugin.core.clock import utcnow
from plugin.models.outgoing.event import EventDelivery
from plugin.models.outgoing.receiver import WebhookReceiver

# Friends whose events are sent to one receiver at the same time.
AT_ONCE = 4
# Deliveries among which the friends whose turn it is are looked for.
WINDOW = 200


class Turn(NamedTuple):
    """A friend's deliveries, one after the other; or the one delivery, of no friend."""

    friend_id: int | None
    delivery_id: int = 0


class Lanes:
    """The turns of one step, for its threads."""

    def __init__(self, receiver_id: int, end: float) -> None:
        self.receiver_id, self.end = receiver_id, end
        self._lock = threading.Lock()
        self._busy = set[Turn]()
        self._next = list[Turn]()
        self._is_dry = False

    def take(self) -> Turn | None:
        """Return the next turn; None: this lane is needed no more in this step."""
        with self._lock:
            if self._is_dry or time.monotonic() > self.end:
                return None
            if len(self._busy) >= _most(self.receiver_id):
                return None
            self._next = self._next or self._due()
            self._is_dry = not self._next
            if self._is_dry:
                return None
            turn = self._next.pop(0)
            self._busy.add(turn)
            return turn

    def give_back(self, turn: Turn) -> None:
        with self._lock:
            self._busy.discard(turn)

    def _due(self) -> list[Turn]:
        now = utcnow()
        friends = {turn.friend_id for turn in self._busy if turn.friend_id is not None}
        # For one that tries the receiver out a person waits.
        found = [Turn(None, test_id) for test_id in EventDelivery.due_tests(self.receiver_id, now)]
        for delivery_id, friend_id in EventDelivery.due(self.receiver_id, now, WINDOW, friends):
            found.append(Turn(None, delivery_id) if friend_id is None else Turn(friend_id))
        free = (turn for turn in dict.fromkeys(found) if turn not in self._busy)
        return list(free)[:AT_ONCE]


def _most(receiver_id: int) -> int:
    """Return how many calls the receiver is to have at once. One that fails gets a single one."""
    receiver = WebhookReceiver.by_id(receiver_id)
    if receiver is None or not receiver.is_called:
        return 0
    if receiver.rests_until is not None and receiver.rests_until > utcnow():
        return 0
    return 1 if receiver.failures else AT_ONCE
