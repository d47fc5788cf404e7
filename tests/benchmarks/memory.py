"""Memory of the server and its worker, beside a bare Flask application that was asked once."""

import os
import re
import time
from pathlib import Path

from tests.benchmarks.callers import ask_actions
from tests.benchmarks.platforms import Platforms, platforms
from tests.benchmarks.stage import quiet
from tests.benchmarks.starts import bare_app, first_answer
from tests.benchmarks.table import Figure
from tests.support.crowd import gather
from tests.support.processes import Musubi, children_of, ending, wait_until
from tests.support.stage import Stage

FIRST_SHARE = 6


def memory(stage: Stage, count: int) -> list[Figure]:
    """At rest, after a sixth of the messages and after all."""
    first = max(count // FIRST_SHARE, 2)
    limit = _bare(stage)
    with platforms(stage) as there:
        musubi = Musubi(there.env, stage.folder)
        with ending(musubi.wait()):
            musubi.worker()
            quiet(stage)
            wait_until(lambda: _is_idle(musubi), 60, "a server and a worker at rest")
            found = [("at rest", pss_mb(musubi.child.pid))]
            contacts = gather(stage.world, stage.tenant, count).contact_ids
            quiet(stage)
            for begin, end in ((0, first), (first, count)):
                _send(stage, there, musubi, contacts[begin:end])
                found.append((f"after {end:,} sends", pss_mb(musubi.child.pid)))
    return [Figure(f"server and worker {when}, PSS", "MB", limit, mb) for when, mb in found]


def _send(stage: Stage, there: Platforms, musubi: Musubi, contacts: list[str]) -> None:
    """By workflow, and wait until HubSpot knows of it."""
    before = there.counts()
    told = {"urls": [musubi.url], "at_once": 16, "warm_up": 0}
    asked = ask_actions(stage.env["BASE_URL"], contacts, contacts[0], **told)
    due = before.pushed + len(contacts), before.completed + asked.blocked
    wait_until(lambda: there.counts()[:2] == due, 600, "all executions", there.counts)


def _bare(stage: Stage) -> float:
    process, port = bare_app(stage)
    with ending(process):
        first_answer(process, port)
        return pss_mb(process.child.pid)


def _is_idle(musubi: Musubi) -> bool:
    """Whether it has used less than a tenth of a processor for a second."""
    pids = [musubi.child.pid, *children_of(musubi.child.pid)]
    before = sum(map(processor, pids))
    time.sleep(1)
    return sum(map(processor, pids)) - before < 0.1


def pss_mb(pid: int) -> float:
    """Of the process and its children: what they share counts once."""
    found = 0
    for one in (pid, *children_of(pid)):
        text = Path(f"/proc/{one}/smaps_rollup").read_text()
        found += int(re.findall(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)[0])
    return found / 1024


def processor(pid: int) -> float:
    """Seconds of processor time that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
