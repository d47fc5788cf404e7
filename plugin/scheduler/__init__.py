"""Entry point: time. Rows hold pending work; the engine finds due jobs and runs them."""

import secrets
from datetime import timedelta
from typing import Protocol

from flask import Flask


class Engine(Protocol):
    def start(self) -> None: ...

    def stop(self) -> None:
        """End within ten seconds; others take over what has not ended once its lease is over."""

    def wake_in(self, queue: str, delay: timedelta) -> None:
        """A commit has enqueued jobs in `queue` that come due after `delay`."""


def make_engine(app: Flask, broker_url: str | None) -> Engine:
    """Return the configured engine; with a broker, add `celery` to the app's extensions."""
    if broker_url is None:
        from plugin.scheduler.local_engine import LocalEngine

        return LocalEngine(app)
    from plugin.scheduler.celery_engine import CeleryEngine, make_celery

    app.extensions["celery"] = make_celery(app, broker_url)
    return CeleryEngine(app, app.extensions["celery"], secrets.token_hex(8))
