"""Importing a list under HubSpot's rate limit: calls, time, memory."""

import re
import time
from pathlib import Path

from plugin.core.importing import least_calls
from plugin.core.pacing import HUBSPOT
from plugin.models import ImportRun
from plugin.services.list_imports import Plan, create_import
from tests.benchmarks.table import Figure
from tests.imports import FIELD, befriend, calls, contacts_with, list_of
from tests.processes import Musubi, ending, wait_until
from tests.stage import Stage

PIECE = 5_000
READS = ("memberships", "contacts/batch/read", "contacts/search", "lists", "<list_id>")


def imports(stage: Stage, contacts: int) -> list[Figure]:
    """A list a tenth as long first, so that memory can be seen to grow, or not."""
    small = max(contacts // 10, 1)
    lists = [_filled(stage, count, start) for count, start in ((small, 1), (contacts, small + 1))]
    stage.world.sandbox.control("POST", "/limits", {"hubspot": True, "line": True})
    # Connecting has used some of the budget.
    time.sleep(HUBSPOT.window_ms / 1000 + 1)
    worker = Musubi(stage.env, stage.folder)
    with ending(worker):
        worker.wait()
        _import(stage, lists[0], small)
        first = _peak_mb(worker.child.pid)
        time.sleep(HUBSPOT.window_ms / 1000 + 1)
        stage.world.sandbox.control("DELETE", "/calls")
        seconds = _import(stage, lists[1], contacts)
        read = _calls_of_reading(stage)
        last = _peak_mb(worker.child.pid)
    least, limit = least_calls(contacts), _limit_seconds(contacts)
    return [
        Figure("HubSpot calls at least (250 a page, 100 a read)", least, "calls", 1),
        Figure("HubSpot calls that read", read, "calls", read / least),
        Figure("what the rate limit alone takes", limit, "s", 1),
        Figure(
            "the run, from saving to the last link",
            seconds,
            "s",
            seconds / limit,
        ),
        Figure("contacts", contacts / seconds, "/s"),
        Figure(f"peak memory of the process after {small:,}", first, "MB", 1),
        Figure(f"peak memory of the process after {contacts:,}", last, "MB", last / first),
    ]


def _filled(stage: Stage, count: int, start: int) -> str:
    """A list of so many contacts, each with a friend's id."""
    sandbox = stage.world.sandbox
    ids: list[int] = []
    for begin in range(0, count, PIECE):
        some = min(PIECE, count - begin)
        ids += contacts_with(sandbox, befriend(sandbox, some, first=start + begin))
    return list_of(sandbox, ids)


def _import(stage: Stage, list_id: str, contacts: int) -> float:
    with stage.world.app.app_context():
        began = time.monotonic()
        account = stage.world.account(stage.tenant)
        mine = create_import(stage.world.outside, account, Plan(list_id, FIELD, 0)).id
    wait_until(lambda: _state(stage, mine) != "running", 900, "the import ends")
    seconds = time.monotonic() - began
    with stage.world.app.app_context():
        run = ImportRun.newest(mine, 1)[0]
        assert (run.state, run.linked) == ("finished", contacts), (run.state, run.linked, run.error)
    return seconds


def _state(stage: Stage, import_id: int) -> str:
    with stage.world.app.app_context():
        return ImportRun.newest(import_id, 1)[0].state


def _calls_of_reading(stage: Stage) -> int:
    made = calls(stage.world.sandbox)
    return sum(
        count
        for path, count in made.items()
        if path.startswith(READS) or "/memberships" in path or path == "<list_id>"
    )


def _limit_seconds(contacts: int) -> float:
    """The calls at the rate that HubSpot allows."""
    return least_calls(contacts) * HUBSPOT.window_ms / 1000 / HUBSPOT.limit


def _peak_mb(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", text)
    return int(found[1]) / 1024 if found else 0.0
