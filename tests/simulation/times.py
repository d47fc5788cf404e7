"""The clocks of a simulation: Musubi's, the database's and the platforms' jump together."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import freezegun
from sqlalchemy import Engine, event

from plugin.core.clock import utcnow

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
_EPOCH_DAY = 2440587.5


@contextmanager
def frozen_clocks(engine: Engine) -> Iterator[Any]:
    """Freeze all clocks at `START`, and yield what ticks. SQLite's own is asked by `julianday`."""

    def on_connect(connection: Any, _: Any) -> None:
        connection.create_function("julianday", 1, _julian_day)

    event.listen(engine, "connect", on_connect)
    engine.dispose()
    try:
        with freezegun.freeze_time(START, ignore=["werkzeug", "waitress"]) as clock:
            yield clock
    finally:
        event.remove(engine, "connect", on_connect)
        engine.dispose()


def _julian_day(_now: str) -> float:
    return utcnow().timestamp() / 86400 + _EPOCH_DAY
