"""Actions a second at HubSpot's door, beside a bare Flask route on the same server."""

import json
import subprocess
import sys
from collections.abc import Sequence

from tests.benchmarks.table import Figure
from tests.support.crowd import gather
from tests.support.processes import ROOT, Musubi, Process, answers, ending, free_port, wait_until
from tests.support.stage import Stage


def door(stage: Stage, count: int) -> list[Figure]:
    """Each execution for its own contact: verified, kept and owed; nearly all answers are BLOCK."""
    contacts = gather(stage.world, stage.tenant, count).contact_ids
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = [str(port), stage.env["DATABASE_URL"], stage.env["BASE_URL"]]
    bare = Process(["-m", "tests.benchmarks.bare_door", *arguments], {}, stage.folder)
    musubi = Musubi({**stage.env, "SCHEDULER": "off"}, stage.folder)
    with ending(bare, musubi.wait()):
        wait_until(lambda: answers(f"{url}/healthz"), 20, "the bare door")
        limit, *_ = _asked(stage, url, contacts, "bare")
        ours, median, slow = _asked(stage, musubi.url, contacts, "ours")
    return [
        Figure("bare Flask route: signature, one row", limit, "calls/s", 1.0),
        Figure("action send-message", ours, "calls/s", ours / limit),
        Figure("its median answer, ten at once", median, "ms"),
        Figure("its 99th percentile", slow, "ms"),
    ]


def _asked(stage: Stage, url: str, contacts: Sequence[str], label: str) -> list[float]:
    """Rate, median and 99th percentile, from a process of its own: asking must not slow us."""
    told = {"url": url, "signed": stage.env["BASE_URL"], "contacts": contacts, "label": label}
    command = [sys.executable, "-m", "tests.benchmarks.callers"]
    asked = subprocess.run(
        command, cwd=ROOT, input=json.dumps(told), capture_output=True, text=True, check=True
    )
    figures: list[float] = json.loads(asked.stdout)
    return figures
