"""The brokers that tests speak to, each with its ways to lose everything."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from kombu.connection import Connection
from kombu.exceptions import OperationalError

from plugin.scheduler.celery_engine import PREFIX
from plugin.scheduler.worker_pool import CONCURRENCY

URLS = {
    "redis": os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15"),
    "rabbitmq": os.environ.get("TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//"),
}


@contextmanager
def emptied(kind: str) -> Iterator[str]:
    """The broker's address, with our queues emptied before and after."""
    url = URLS[kind]
    if not answers(url):
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must have {kind}")
        pytest.skip(f"{kind} does not answer")
    purge(url)
    yield url
    purge(url)


def answers(url: str) -> bool:
    """Whether a broker is there."""
    try:
        with _connection(url, connect_timeout=3) as broker:
            broker.ensure_connection(max_retries=1, timeout=3)
    except OperationalError:
        return False
    return True


def _connection(url: str, **options: Any) -> Any:
    return Connection(url, **options)  # type: ignore[no-untyped-call]


def purge(url: str) -> None:
    """Every nudge is lost; Redis forgets even that there were queues."""
    with _connection(url) as broker:
        if url.startswith("redis"):
            broker.default_channel.client.flushdb()
            return
        for name in CONCURRENCY:
            # Made as the workers make it, so that there is something to empty.
            with broker.channel() as channel:
                channel.queue_declare(PREFIX + name, durable=True, auto_delete=False)
                channel.queue_purge(PREFIX + name)


def waiting(url: str, queue: str) -> int:
    """How many nudges wait in a queue."""
    with _connection(url) as broker, broker.channel() as channel:
        found = channel.queue_declare(PREFIX + queue, durable=True, auto_delete=False, passive=True)
        return int(found.message_count)


def first_message(url: str, queue: str) -> Any:
    """The oldest nudge of a queue, taken out of it."""
    with _connection(url) as broker, broker.SimpleQueue(PREFIX + queue) as simple:
        message = simple.get(timeout=5)
        message.ack()
        return message
