"""What every part of the sandbox shares: its configuration, memory, time and hands."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import urllib3
from flask import Flask, current_app

from plugin.sandbox.clock import Clock
from plugin.sandbox.config import SandboxConfig
from plugin.sandbox.faults import Faults
from plugin.sandbox.store import Store


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
    background: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(50, thread_name_prefix="sandbox")
    )
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
