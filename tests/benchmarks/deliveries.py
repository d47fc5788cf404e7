"""Deliveries a second through one and two worker processes, beside a bare loop of the client."""

import time
from concurrent.futures import ThreadPoolExecutor

import urllib3

from plugin.sandbox.line.seed import SHOP, constant
from plugin.scheduler.worker_pool import CONCURRENCY
from tests.benchmarks.table import Figure
from tests.support.crowd import gather, jobs_left, owe_messages
from tests.support.processes import Musubi, ending, wait_until
from tests.support.stage import Stage


def deliveries(stage: Stage, count: int) -> list[Figure]:
    """Messages a second; the limit is the same HTTP client doing the same calls."""
    people = gather(stage.world, stage.tenant, count, contacts=False).friend_ids
    bare = bare_pushes(stage, count, CONCURRENCY["send"])
    figures = [Figure("push, bare urllib3 loop", bare, "messages/s", 1.0)]
    for workers in (1, 2):
        rate = _through(stage, people, workers)
        name = f"push, {workers} worker process{'es' * (workers > 1)}"
        figures.append(Figure(name, rate, "messages/s", rate / bare))
    return figures


def bare_pushes(stage: Stage, count: int, at_once: int) -> float:
    """Messages a second of a loop that does nothing else."""
    base, users = stage.world.sandbox.url, _users(stage)[:count]
    http = urllib3.PoolManager(maxsize=64, retries=False, timeout=15)
    form = {
        "grant_type": "client_credentials",
        "client_id": SHOP,
        "client_secret": constant(f"channel {SHOP}"),
    }
    answer = http.request(
        "POST", f"{base}/line-api/oauth2/v3/token", fields=form, encode_multipart=False
    )
    token = answer.json()["access_token"]

    def push(number: int) -> int:
        body = {"to": users[number], "messages": [{"type": "text", "text": f"Hello {number}"}]}
        headers = {
            "Authorization": f"Bearer {token}",
            "X-Line-Retry-Key": f"00000000-0000-4000-8000-{number:012x}",
        }
        url = f"{base}/line-api/v2/bot/message/push"
        return http.request("POST", url, json=body, headers=headers).status

    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        statuses = list(pool.map(push, range(len(users))))
    assert set(statuses) == {200}
    return len(users) / (time.perf_counter() - began)


def _users(stage: Stage) -> list[str]:
    friends: dict[str, str] = stage.world.sandbox.control("GET", "/friends")["friends"]
    return [user for user, state in friends.items() if state == "following"]


def _through(stage: Stage, people: list[int], workers: int) -> float:
    """From the first push after a warm-up to the last; the processes are started before."""
    processes = [Musubi(stage.env, stage.folder).wait() for _ in range(workers)]
    with ending(*processes):
        owe_messages(stage.world, stage.tenant, people[:64], f"warm-up {workers}")
        wait_until(lambda: not jobs_left(stage.world, "deliver"), 60, "warm-up")
        owe_messages(stage.world, stage.tenant, people, f"with {workers}")
        began = time.perf_counter()
        wait_until(lambda: not jobs_left(stage.world, "deliver"), 600, "deliveries")
        return len(people) / (time.perf_counter() - began)
