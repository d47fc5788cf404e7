"""Delayed actions of the sandbox, all on one thread."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

from plugin.sandbox.world import World

KEY = "hubspot-later"
LOOK_SECONDS = 1.0
Entry = tuple[float, int, Callable[..., Any], tuple[Any, ...]]


class Timetable:
    """A timetable whose due entries run on the world's background threads."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._due: list[Entry] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()

    def start(self) -> None:
        threading.Thread(target=self._run, name="sandbox-later", daemon=True).start()

    def add(self, seconds: float, action: Callable[..., Any], *arguments: Any) -> None:
        """Run `action(*arguments)` after `seconds` of the machine's time."""
        with self._changed:
            entry = (time.monotonic() + seconds, next(self._numbers), action, arguments)
            heapq.heappush(self._due, entry)
            self._changed.notify()

    def _run(self) -> None:
        while self._world.memory.get(KEY) is self:
            with self._changed:
                entry = self._pop()
            if entry and self._world.memory.get(KEY) is self:
                self._world.background.submit(entry[2], *entry[3])

    def _pop(self) -> Entry | None:
        # Return the next due entry after at most a second: a reset ends the timetable.
        wait = self._due[0][0] - time.monotonic() if self._due else LOOK_SECONDS
        if wait > 0:
            self._changed.wait(min(wait, LOOK_SECONDS))
        due = self._due and self._due[0][0] <= time.monotonic()
        return heapq.heappop(self._due) if due else None


def run_later(world: World, seconds: float, action: Callable[..., Any], *arguments: Any) -> None:
    """Run an action after `seconds`; a reset of the sandbox drops it."""
    with world.store:
        timetable = world.memory.get(KEY)
        if timetable is None:
            timetable = world.memory[KEY] = Timetable(world)
            timetable.start()
    timetable.add(seconds, action, *arguments)
