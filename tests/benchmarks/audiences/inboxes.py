"""Two hundred open inboxes at rest, beside as many calls of a route that does nothing."""

import os
import time
from pathlib import Path

import urllib3

from tests.benchmarks.stage import quiet
from tests.benchmarks.table import Figure
from tests.support.processes import Musubi, ending
from tests.support.stage import Stage

# Each asks every four seconds while it is seen.
EVERY, SECONDS = 4.0, 10.0


def inboxes(stage: Stage, count: int) -> list[Figure]:
    """Thousandths of a core that a web process spends on `count` open inboxes."""
    musubi = Musubi({**stage.env, "SCHEDULER": "off"}, stage.folder)
    jar = stage.tenant.walker.session.cookies
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
    with ending(musubi.wait()):
        quiet(stage)
        pool = urllib3.connection_from_url(musubi.url)
        mark = pool.request("GET", "/inbox/live", headers={"Cookie": cookies}).json()["mark"]
        spent = [
            _spent(musubi, pool, path, count, cookies)
            for path in ("/healthz", f"/inbox/live?since={mark}")
        ]
    return [Figure(f"{count} open inboxes at rest", "core/1,000", *spent)]


def _spent(
    musubi: Musubi, pool: urllib3.HTTPConnectionPool, path: str, count: int, cookies: str
) -> float:
    before, began = _processor_seconds(musubi), time.monotonic()
    calls = int(SECONDS * count / EVERY)
    for number in range(calls):
        assert pool.request("GET", path, headers={"Cookie": cookies}).status in (200, 204)
        due = began + (number + 1) * EVERY / count
        time.sleep(max(due - time.monotonic(), 0))
    took = time.monotonic() - began
    return 1000 * (_processor_seconds(musubi) - before) / took


def _processor_seconds(musubi: Musubi) -> float:
    stat = Path(f"/proc/{musubi.child.pid}/stat").read_text(encoding="ascii")
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
