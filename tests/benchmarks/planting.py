"""What it costs to owe work with its cause, beside the bare INSERT of the cause."""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import insert

from plugin.core.clock import utcnow
from plugin.core.retry import retry_key
from plugin.models import Delivery
from plugin.models.system.job import enqueue_many
from plugin.models.transaction import transaction
from tests.benchmarks.table import Figure
from tests.support.crowd import gather
from tests.support.stage import Stage

IN_ONE_COMMIT = 100


def planting(stage: Stage, count: int) -> list[Figure]:
    """Causes a second, one a commit and a hundred a commit."""
    [friend] = gather(stage.world, stage.tenant, 1, contacts=False).friend_ids
    figures = []
    with stage.world.app.app_context():
        for size in (1, IN_ONE_COMMIT):
            rounds = count // size
            bare = _rate(lambda label: _insert(stage, friend, label), rounds, size)
            owed = _rate(lambda label: _owe(stage, friend, label), rounds, size)
            what = f"rows with their jobs, {size} a commit, beside the bare INSERT"
            figures.append(Figure(what, "rows/s", bare, owed))
    return figures


def _rate(deed: Callable[[list[str]], None], rounds: int, size: int) -> float:
    labels = [[f"{time.monotonic_ns()} {size} {n} {m}" for m in range(size)] for n in range(rounds)]
    began = time.perf_counter()
    for some in labels:
        deed(some)
    return rounds * size / (time.perf_counter() - began)


def _rows(stage: Stage, friend: int, labels: list[str]) -> list[dict[str, Any]]:
    now = utcnow()
    return [
        {"official_account_id": stage.tenant.account_id, "friend_id": friend, "state": "planned",
         "retry_key": retry_key(label), "created_at": now, "silent": False, "message_ids": [],
         "messages": [{"type": "text", "text": "Hello"}]}
        for label in labels
    ]  # fmt: skip


def _insert(stage: Stage, friend: int, labels: list[str]) -> None:
    with transaction() as session:
        session.execute(insert(Delivery), _rows(stage, friend, labels))


def _owe(stage: Stage, friend: int, labels: list[str]) -> None:
    with transaction() as session:
        session.execute(insert(Delivery), _rows(stage, friend, labels))
        enqueue_many("deliver", [(label, {}) for label in labels], stage.tenant.installation_id)
