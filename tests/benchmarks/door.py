"""Actions a second at HubSpot's door, beside a bare Flask route on the same server."""

import json
import subprocess
import sys
import time

from tests.benchmarks.deliveries import bare_pushes
from tests.benchmarks.table import Figure
from tests.support.crowd import gather, jobs_left
from tests.support.processes import ROOT, Musubi, Process, answers, ending, free_port, wait_until
from tests.support.stage import Stage


def door(stage: Stage, count: int) -> list[Figure]:
    """Each execution for its own contact: verified, kept and owed; nearly all answers are BLOCK."""
    return _beside_bare(stage, count, at_once=10, scheduler="off")


def busy_door(stage: Stage, count: int) -> list[Figure]:
    """The same of fifty callers, while what they ask for is done and sent."""
    return _beside_bare(stage, count, at_once=50, scheduler="on")


def way(stage: Stage, count: int) -> list[Figure]:
    """From HubSpot's call to the message on the phone and HubSpot's knowledge of it."""
    contacts = gather(stage.world, stage.tenant, count).contact_ids
    # LINE takes its time for each; a bare loop of as many at once is the limit.
    stage.world.sandbox.fail("message/push$", {"delay": 0.05})
    limit = bare_pushes(stage, count, at_once=32)
    musubi = Musubi(stage.env, stage.folder)
    with ending(musubi.wait()):
        musubi.worker()
        began = time.perf_counter()
        body = {"action": "send-message", "contact_ids": contacts, "inputs": {"text": "Hello"}}
        stage.world.sandbox.control("POST", "/runs", {**body, "concurrency": 32})
        wait_until(lambda: _all_ended(stage), 600, "all executions")
        ours = count / (time.perf_counter() - began)
    return [
        Figure("push, bare loop of 32 at once, LINE at 50 ms", limit, "messages/s", 1.0),
        Figure("workflow step to phone and back", ours, "steps/s", ours / limit),
    ]


def _all_ended(stage: Stage) -> bool:
    states = stage.world.sandbox.control("GET", "/executions?limit=1")["states"]
    return set(states) == {"SUCCESS"} and not jobs_left(stage.world, "run_taken", "deliver")


def _beside_bare(stage: Stage, count: int, at_once: int, scheduler: str) -> list[Figure]:
    contacts = gather(stage.world, stage.tenant, count).contact_ids
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = [str(port), stage.env["DATABASE_URL"], stage.env["BASE_URL"]]
    bare = Process(["-m", "tests.benchmarks.bare_door", *arguments], {}, stage.folder)
    musubi = Musubi({**stage.env, "SCHEDULER": scheduler}, stage.folder)
    with ending(bare, musubi.wait()):
        wait_until(lambda: answers(f"{url}/healthz"), 20, "the bare door")
        told = {"signed": stage.env["BASE_URL"], "contacts": contacts, "at_once": at_once}
        limit, bare_median, bare_slow = _asked({**told, "url": url, "label": "bare"})
        ours, median, slow = _asked({**told, "url": musubi.url, "label": "ours"})
    return [
        Figure("bare Flask route: signature, one row", limit, "calls/s", 1.0),
        Figure("action send-message", ours, "calls/s", ours / limit),
        Figure(f"its median answer, {at_once} at once", median, "ms", median / bare_median),
        Figure("its 99th percentile", slow, "ms", slow / bare_slow),
    ]


def _asked(told: dict[str, object]) -> list[float]:
    """Rate, median and 99th percentile, from a process of its own: asking must not slow us."""
    command = [sys.executable, "-m", "tests.benchmarks.callers"]
    asked = subprocess.run(
        command, cwd=ROOT, input=json.dumps(told), capture_output=True, text=True, check=True
    )
    figures: list[float] = json.loads(asked.stdout)
    return figures
