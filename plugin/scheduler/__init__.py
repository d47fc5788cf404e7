"""DOOR: time. Rows say what is owed; the engine only finds out when, and lends its hands."""

import secrets
from datetime import timedelta
from typing import Protocol

from flask import Flask


class Engine(Protocol):
    """What runs the jobs, here or elsewhere."""

    def start(self) -> None:
        """Begin to tick (`SCHEDULER=on`)."""

    def stop(self) -> None:
        """End within ten seconds; what does not end is taken over when its lease is over."""

    def nudge_in(self, queue: str, delay: timedelta) -> None:
        """A commit has planted work in `queue` that comes due after `delay`."""


def make_engine(app: Flask, broker_url: str | None) -> Engine:
    """The engine the settings ask for; `celery` joins the app's extensions where there is one."""
    if broker_url is None:
        from plugin.scheduler.embedded import EmbeddedEngine

        return EmbeddedEngine(app)
    from plugin.scheduler.distributed import DistributedEngine, make_celery

    app.extensions["celery"] = make_celery(app, broker_url)
    return DistributedEngine(app, app.extensions["celery"], secrets.token_hex(8))
