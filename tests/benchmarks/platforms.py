"""The fast platforms in a process of their own, and a bare loop of pushes to them."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

import requests
import urllib3

from plugin.settings import SANDBOX_BASES
from tests.support.processes import Process, answers, ending, free_port, wait_until
from tests.support.stage import Stage

BASES = ("HUBSPOT_API_BASE", "LINE_API_BASE")
PUSH = f"{SANDBOX_BASES['LINE_API_BASE']}/v2/bot/message/push"
MULTICAST = f"{SANDBOX_BASES['LINE_API_BASE']}/v2/bot/message/multicast"
LINE_TAKES = 0.05  # seconds, where it takes its time


class Counts(NamedTuple):
    """Calls that sent messages, executions that were completed, when (monotonic) the last was, and
    people named in multicasts."""

    pushed: int
    completed: int
    last: float
    people: int


class Platforms(NamedTuple):
    """Where they are, and the settings of processes that are to call them."""

    url: str
    env: dict[str, str]

    def counts(self) -> Counts:
        """Since the start."""
        return Counts(**requests.get(f"{self.url}/counts", timeout=30).json())


@contextmanager
def platforms(stage: Stage, seconds: float = 0) -> Iterator[Platforms]:
    """HubSpot, and LINE that takes so many seconds for a push."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = [str(port), stage.world.sandbox.url, str(seconds)]
    process = Process(["-m", "tests.benchmarks.fast_platforms", *arguments], {}, stage.folder)
    with ending(process):
        wait_until(lambda: answers(f"{url}/counts"), 20, "the fast platforms")
        yield Platforms(url, {**stage.env, **{name: url + SANDBOX_BASES[name] for name in BASES}})


def bare_pushes(url: str, count: int, at_once: int) -> float:
    """Messages a second of a loop that does nothing else."""
    to = [f"U{number:032x}" for number in range(count)]
    return count / _bare_calls(f"{url}{PUSH}", to, at_once)


def bare_multicasts(url: str, people: int, at_once: int) -> float:
    """People a second of a loop that does nothing else."""
    size = 500
    to = [[f"U{start + n:032x}" for n in range(size)] for start in range(0, people, size)]
    return people / _bare_calls(f"{url}{MULTICAST}", to, at_once)


def _bare_calls(url: str, to: Sequence[object], at_once: int) -> float:
    """Seconds of so many calls."""
    http = urllib3.PoolManager(maxsize=at_once, retries=False, timeout=15)

    def send(number: int) -> int:
        messages = [{"type": "text", "text": f"Hello {number}"}]
        headers = {
            "Authorization": "Bearer a-token-of-the-usual-length" * 6,
            "X-Line-Retry-Key": f"00000000-0000-4000-8000-{number:012x}",
        }
        body = {"to": to[number], "messages": messages}
        return http.request("POST", url, json=body, headers=headers).status

    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        statuses = list(pool.map(send, range(len(to))))
    assert set(statuses) == {200}
    return time.perf_counter() - began
