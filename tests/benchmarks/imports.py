"""Importing a list, and reading what is synced, under HubSpot's rate limit: calls, time, processor,
memory."""

import math
import re
import time
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from plugin.core.imports import CONTACTS_A_READ, least_calls
from plugin.core.rate_limits import HUBSPOT
from plugin.models import (
    Contact,
    ImportMember,
    ImportRun,
    Installation,
    PropertySync,
    SyncedList,
    db,
)
from plugin.services.imports.manage import Plan, create_import
from plugin.services.sync.synced_choice import Choice, choose
from tests.benchmarks.memory import processor
from tests.benchmarks.table import Figure
from tests.support.crowd import gather
from tests.support.imports import FIELD, befriend, calls, contacts_with, list_of
from tests.support.processes import Musubi, ending, wait_until
from tests.support.stage import Stage

PIECE = 5_000
READS = ("memberships", "contacts/batch/read", "contacts/search", "lists", "<list_id>")


class Took(NamedTuple):
    """Seconds to the last link, to the last write, by which HubSpot shows every link, and of the
    worker's processor until then."""

    linked: float
    told: float
    processor: float


def imports(stage: Stage, contacts: int) -> list[Figure]:
    """A list a tenth as long first, so that memory can be seen to grow, or not."""
    small = max(contacts // 10, 1)
    stage.world.sandbox.control("POST", "/limits", {"hubspot": True, "line": True})
    musubi = Musubi(stage.env, stage.folder)
    with ending(musubi.wait()):
        worker = musubi.worker()
        _import(stage, worker, small, first=1)
        first = _peak_mb(worker)
        took = _import(stage, worker, contacts, first=small + 1)
        last = _peak_mb(worker)
    what = f"import, peak memory of the worker after {contacts:,}, beside {small:,}"
    return [*_figures(contacts, took, calls(stage.world.sandbox)), Figure(what, "MB", first, last)]


def _figures(contacts: int, took: Took, made: dict[str, int]) -> list[Figure]:
    """Reading ends with the last link. Telling HubSpot of the links takes calls too."""
    reads = sum(count for path, count in made.items() if _reads(path))
    writes = made["contacts/batch/update"]
    least, told = least_calls(contacts), math.ceil(contacts / CONTACTS_A_READ)
    limit, limit_told = _limit_seconds(least), _limit_seconds(least + told)
    name = f"import of {contacts:,}"
    return [
        Figure(f"{name}, from saving to the last link", "s", limit, took.linked),
        Figure(f"{name}, contacts linked", "/s", contacts / limit, contacts / took.linked),
        Figure(f"{name}, to the last write", "s", limit_told, took.told),
        Figure(f"{name}, HubSpot calls that read", "calls", least, reads),
        Figure(f"{name}, HubSpot calls that write", "calls", told, writes),
        Figure(f"{name}, processor of the worker", "s", None, took.processor),
    ]


def _filled(stage: Stage, count: int, start: int) -> str:
    """A list of so many contacts, each with a friend's id."""
    sandbox = stage.world.sandbox
    ids: list[int] = []
    for begin in range(0, count, PIECE):
        some = min(PIECE, count - begin)
        ids += contacts_with(sandbox, befriend(sandbox, some, first=start + begin))
    return list_of(sandbox, ids)


def _import(stage: Stage, worker: int, contacts: int, first: int) -> Took:
    patience = 60 + contacts / 100
    list_id = _filled(stage, contacts, first)
    # What was called before, connecting or the list before, has used some of the budget.
    time.sleep(HUBSPOT.window_ms / 1000 + 1)
    stage.world.sandbox.control("DELETE", "/calls")
    used = processor(worker)
    began = time.monotonic()
    with stage.world.app.app_context():
        account = stage.world.account(stage.tenant)
        mine = create_import(stage.world.deps, account, Plan(list_id, FIELD, 0)).id
    wait_until(lambda: _state(stage, mine) != "running", patience, "the import ends")
    linked = time.monotonic() - began
    with stage.world.app.app_context():
        run = ImportRun.newest(mine, 1)[0]
        assert (run.state, run.linked) == ("finished", contacts), (run.state, run.linked, run.error)
    wait_until(lambda: _is_told(stage), patience, "HubSpot shows every link")
    told = time.monotonic() - began
    return Took(linked, told, processor(worker) - used)


def _is_told(stage: Stage) -> bool:
    with stage.world.app.app_context():
        members = select(ImportMember.contact_id).where(ImportMember.unwritten)
        owed = select(Contact.id).where(Contact.push_pending)
        return not any(db.session.scalar(one.limit(1)) for one in (members, owed))


def _state(stage: Stage, import_id: int) -> str:
    with stage.world.app.app_context():
        return ImportRun.newest(import_id, 1)[0].state


def _reads(path: str) -> bool:
    return path.startswith(READS) or "/memberships" in path


def _limit_seconds(count: int) -> float:
    """So many calls at the rate that HubSpot allows."""
    return count * HUBSPOT.window_ms / 1000 / HUBSPOT.limit


def _peak_mb(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", text)
    return int(found[1]) / 1024 if found else 0.0


READ = (
    "contacts/batch/read",
    "memberships/join-order",
    "memberships/batch/read",
    "contacts/search",
)


def syncing(stage: Stage, contacts: int) -> list[Figure]:
    """All linked contacts are in the list, so that no fewer calls can tell as much."""
    ids: list[int] = []
    for begin in range(0, contacts, PIECE):
        some = gather(stage.world, stage.tenant, min(PIECE, contacts - begin), first=begin + 1)
        ids += map(int, some.contact_ids)
    list_id = _list_of(stage, ids)
    stage.world.sandbox.control("POST", "/limits", {"hubspot": True, "line": True})
    musubi = Musubi(stage.env, stage.folder)
    with ending(musubi.wait()):
        worker = musubi.worker()
        # What was called before has used some of the budget.
        time.sleep(HUBSPOT.window_ms / 1000 + 1)
        stage.world.sandbox.control("DELETE", "/calls")
        used, began = processor(worker), time.monotonic()
        _choose(stage, list_id)
        wait_until(lambda: _is_read(stage), 60 + contacts / 100, "everything is read")
        took, spent = time.monotonic() - began, processor(worker) - used
        peak = _peak_mb(worker)
    made = sum(n for path, n in calls(stage.world.sandbox).items() if path.endswith(READ))
    least, name = least_calls(contacts), f"sync of {contacts:,} contacts and their list"
    return [
        Figure(f"{name}, HubSpot calls that read", "calls", least, made),
        Figure(f"{name}, from choosing to the last value", "s", _limit_seconds(least), took),
        Figure(f"{name}, processor of the worker", "s", None, spent),
        Figure(f"{name}, peak memory of the worker", "MB", None, peak),
    ]


def _list_of(stage: Stage, ids: list[int]) -> str:
    body = {"name": "Everybody", "contact_ids": ids}
    return str(stage.world.sandbox.control("POST", "/lists", body)["listId"])


def _choose(stage: Stage, list_id: str) -> None:
    with stage.world.app.app_context():
        installation = db.session.get_one(Installation, stage.tenant.installation_id)
        choice = Choice(["email", "phone", "lifecyclestage"], [list_id])
        choose(stage.world.deps, installation, choice, "bench", only=True)


def _is_read(stage: Stage) -> bool:
    with stage.world.app.app_context():
        sync = PropertySync.of(stage.tenant.installation_id)
        lists = SyncedList.list_owned(stage.tenant.installation_id)
        read = sync is not None and sync.passed_at is not None
        return read and all(row.read_at is not None for row in lists)
