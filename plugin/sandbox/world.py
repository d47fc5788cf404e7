"""Shared parts of the sandbox: configuration, store, clock and background threads."""

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
    """Threads that call Musubi; `quiet` waits until all are idle."""

    def __init__(self) -> None:
        super().__init__(50, thread_name_prefix="sandbox")
        self._pending: set[Future[Any]] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a function soon, and track it until it is done."""
        future = super().submit(fn, *args, **kwargs)
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        return future

    def quiet(self, seconds: float) -> None:
        """Wait until nothing is running, for at most `seconds`."""
        wait(self._pending.copy(), seconds)


@dataclass
class World:
    """A sandbox. `http` and `background` serve its calls to Musubi."""

    config: SandboxConfig
    store: Store
    faults: Faults
    clock: Clock = field(default_factory=Clock)
    http: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(maxsize=64, retries=False, timeout=35)
    )
    background: Background = field(default_factory=Background)
    limits: dict[str, bool] = field(default_factory=dict)
    # State that a restart may lose: rate windows, queues, counters. A reset empties it.
    memory: dict[str, Any] = field(default_factory=dict)


def world() -> World:
    current: World = current_app.extensions["world"]
    return current


def create_world(app: Flask, config: SandboxConfig) -> World:
    """Create the world of `app`, and wrap it in the fault injection."""
    faults = Faults(app.wsgi_app)
    app.wsgi_app = faults  # type: ignore[method-assign]
    created = World(config, Store(config.store), faults)
    created.limits = {"hubspot": config.limits, "line": config.limits}
    app.extensions["world"] = created
    return created
