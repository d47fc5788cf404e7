"""What every part of the sandbox shares: its configuration, memory, time and hands."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import urllib3
from flask import Flask, current_app

from plugin.sandbox.clock import Clock
from plugin.sandbox.config import SandboxConfig
from plugin.sandbox.faults import Faults
from plugin.sandbox.store import Store


class Background(ThreadPoolExecutor):
    """The threads that call Musubi; `quiet` waits until none does."""

    def __init__(self) -> None:
        super().__init__(50, thread_name_prefix="sandbox")
        self._pending: set[Future[Any]] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run it soon, and know of it until it is done."""
        future = super().submit(fn, *args, **kwargs)
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        return future

    def quiet(self, seconds: float) -> None:
        """Wait until nothing is under way, but no longer than `seconds`."""
        wait(self._pending.copy(), seconds)


@dataclass
class World:
    """One sandbox. `http` and `background` serve the calls it makes to Musubi."""

    config: SandboxConfig
    store: Store
    faults: Faults
    clock: Clock = field(default_factory=Clock)
    http: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(maxsize=64, retries=False, timeout=35)
    )
    background: Background = field(default_factory=Background)
    limits: dict[str, bool] = field(default_factory=dict)
    # What nobody needs after a restart: rate windows, queues, counters. A reset empties it.
    memory: dict[str, Any] = field(default_factory=dict)


def world() -> World:
    """The world of the application that is answering."""
    found: World = current_app.extensions["world"]
    return found


def settle(app: Flask, config: SandboxConfig) -> World:
    """Give `app` its world, and put the faults around it."""
    faults = Faults(app.wsgi_app)
    app.wsgi_app = faults  # type: ignore[method-assign]
    made = World(config, Store(config.store), faults)
    made.limits = {"hubspot": config.limits, "line": config.limits}
    app.extensions["world"] = made
    return made
