"""Where there are more jobs than hands, a hand takes several: fewer commits, the same promises."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models import Job, db
from plugin.models.base import transaction
from plugin.models.job import Claimed, plant_many
from plugin.scheduler import work
from plugin.scheduler.crew import BUNDLE, Crew
from plugin.scheduler.steps import BUNDLES, STEPS
from plugin.services import Outside
from tests.bare import no_job, owe
from tests.processes import wait_until

Endings = dict[int, datetime | GatewayError | None]


class Bundles:
    """What went together; `endings` of those keys that do not simply end."""

    def __init__(self, endings: Endings | None = None) -> None:
        self.together: list[list[int]] = []
        self.endings = endings or {}

    def __call__(self, _: Outside, keys: Sequence[int]) -> Endings:
        self.together.append(list(keys))
        return {key: self.endings.get(key) for key in keys}


def owe_many(count: int, kind: str = "deliver") -> None:
    with transaction():
        plant_many(kind, [(key, {}) for key in range(count)], 1)


def test_a_backlog_goes_in_bundles_and_a_lone_job_alone(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundles, alone = Bundles(), []
    monkeypatch.setitem(BUNDLES, "deliver", bundles)
    monkeypatch.setitem(STEPS, "deliver", lambda _, job: alone.append(job.key))
    crew = Crew(app, {"send": 2})
    crew.open()
    with app.app_context():
        owe("7")
        crew.nudge("send")
        wait_until(no_job, 20, "the lone one")
        assert alone == ["7"]
        owe_many(100)
        crew.nudge("send")
        wait_until(no_job, 20, "all")
    crew.stop(5)
    sizes = list(map(len, bundles.together))
    assert sum(sizes) + len(alone) - 1 == 100
    assert max(sizes) == BUNDLE


def test_each_of_a_bundle_ends_as_it_ends(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    endings: Endings = {
        1: GatewayError("No", permanent=True, reason="invalid"),
        2: GatewayError("Down", permanent=False, reason="unavailable"),
        3: utcnow() + timedelta(hours=1),
    }
    monkeypatch.setitem(BUNDLES, "deliver", Bundles(endings))
    with app.app_context():
        owe_many(5)
        claimed = work.take("send", "one", 5)
        done = work.attempt_all(app.extensions["musubi"], claimed)
        assert sorted(job.key for job in done) == ["0", "4"]
        assert work.take("send", "two", 5, done) == []
        rows = select(Job.key, Job.parked, Job.last_error, Job.attempts).order_by(Job.key)
        assert db.session.execute(rows).tuples().all() == [
            ("1", True, "No", 1),
            ("2", False, "Down", 1),
            ("3", False, "", 0),
        ]


def test_one_that_trips_over_a_mistake_harms_no_other(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trip(_: Outside, __: Sequence[int]) -> Endings:
        raise ValueError("a bug of ours")

    def only_three(_: Outside, job: Claimed) -> None:
        if job.key == "3":
            raise ValueError("a bug of ours")

    monkeypatch.setitem(BUNDLES, "deliver", trip)
    monkeypatch.setitem(STEPS, "deliver", only_three)
    with app.app_context():
        owe_many(5)
        done = work.attempt_all(app.extensions["musubi"], work.take("send", "one", 5))
        assert sorted(job.key for job in done) == ["0", "1", "2", "4"]


def test_kinds_that_cannot_go_together_are_not_hoarded(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str] = []
    monkeypatch.setitem(STEPS, "switch_rich_menu", lambda _, job: keys.append(job.key))
    monkeypatch.setitem(BUNDLES, "deliver", Bundles())
    crew = Crew(app, {"send": 2})
    with app.app_context():
        owe_many(20)
        owe_many(20, "switch_rich_menu")
        crew.open()
        crew.nudge("send")
        wait_until(no_job, 20, "all")
    crew.stop(5)
    assert sorted(keys, key=int) == [str(key) for key in range(20)]
