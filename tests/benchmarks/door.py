"""Actions a second at HubSpot's door, beside a bare Flask route on the same server."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from tests.benchmarks.callers import Asked, ask_actions
from tests.benchmarks.platforms import platforms
from tests.benchmarks.stage import Skipped, quiet
from tests.benchmarks.table import Figure
from tests.support.brokers import answers as broker_answers
from tests.support.brokers import purge
from tests.support.crowd import gather
from tests.support.processes import (
    CeleryWorker,
    Musubi,
    Process,
    answers,
    ending,
    free_port,
    wait_until,
)
from tests.support.stage import Stage

WARM_UP = 50


def door(stage: Stage, count: int) -> list[Figure]:
    """Each execution for its own contact: verified, kept and owed; nearly all answers are BLOCK."""
    contacts = gather(stage.world, stage.tenant, count).contact_ids
    limit = _bare(stage, contacts, at_once=10)
    musubi = Musubi({**stage.env, "SCHEDULER": "off"}, stage.folder)
    with ending(musubi.wait()):
        ours = _asked(stage, contacts, [musubi.url], at_once=10)
    return beside("action door alone, 10 callers", limit, ours)


def busy_door(stage: Stage, count: int) -> list[Figure]:
    """The same of fifty callers, while what they ask for is done and sent."""
    contacts = gather(stage.world, stage.tenant, count).contact_ids
    limit = _bare(stage, contacts, at_once=50)
    with platforms(stage) as there:
        musubi = Musubi(there.env, stage.folder)
        with ending(musubi.wait()):
            quiet(stage)
            ours = _asked(stage, contacts, [musubi.url], at_once=50)
    return beside("action door while sending, 50 callers", limit, ours)


def machines(stage: Stage, count: int) -> list[Figure]:
    """Two web processes and two workers, as on several machines; one more process ticks."""
    broker = _broker(stage)
    contacts = gather(stage.world, stage.tenant, count).contact_ids
    limit = _bare(stage, contacts, at_once=50, processes=2)
    with platforms(stage) as there, _emptied(broker):
        env = {**there.env, "CELERY_BROKER_URL": broker}
        webs = [Musubi({**env, "SCHEDULER": "off"}, stage.folder) for _ in range(2)]
        workers = [CeleryWorker(env, stage.folder, "--concurrency", "1") for _ in range(2)]
        with ending(*webs, *workers, Musubi(env, stage.folder)):
            for web, worker in zip(webs, workers, strict=True):
                web.wait()
                worker.wait()
            quiet(stage)
            ours = _asked(stage, contacts, [web.url for web in webs], at_once=50)
    return beside("the same, two web processes and two workers", limit, ours)


def _broker(stage: Stage) -> str:
    if not stage.env["DATABASE_URL"].startswith("postgresql"):
        raise Skipped("several machines need PostgreSQL")
    for name in ("TEST_REDIS_URL", "TEST_AMQP_URL"):
        url = os.environ.get(name)
        if url and broker_answers(url):
            return url
    raise Skipped("no broker answers at TEST_REDIS_URL or TEST_AMQP_URL")


@contextmanager
def _emptied(broker: str) -> Iterator[None]:
    purge(broker)
    try:
        yield
    finally:
        purge(broker)


def beside(what: str, limit: Asked, ours: Asked) -> list[Figure]:
    """Rate, median and 99th percentile."""
    return [
        Figure(what, "calls/s", limit.rate, ours.rate),
        Figure("its median answer", "ms", limit.median, ours.median),
        Figure("its 99th percentile", "ms", limit.slow, ours.slow),
    ]


@contextmanager
def bare_doors(stage: Stage, count: int = 1, secret: str = "") -> Iterator[list[str]]:
    """Addresses of bare routes on the same database; `secret`: for LINE's signature."""
    ports = [str(free_port()) for _ in range(count)]
    arguments = [stage.env["DATABASE_URL"], stage.env["BASE_URL"], secret]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    with ending() as processes:
        for port, url in zip(ports, urls, strict=True):
            modules = ["-m", "tests.benchmarks.bare_door", port, *arguments]
            processes.append(Process(modules, {}, stage.folder))
            # One after the other: each makes the table where there is none.
            wait_until(partial(answers, f"{url}/healthz"), 20, "the bare door")
        yield urls


def _bare(stage: Stage, contacts: list[str], at_once: int, processes: int = 1) -> Asked:
    with bare_doors(stage, processes) as urls:
        return _asked(stage, contacts, urls, at_once)


def _asked(stage: Stage, contacts: list[str], urls: list[str], at_once: int) -> Asked:
    signed = stage.env["BASE_URL"]
    return ask_actions(signed, contacts, "door", urls=urls, at_once=at_once, warm_up=WARM_UP)
