"""Many executions at once: taken down, answered with BLOCK, run in batches, each once."""

import pytest
from sqlalchemy import select

from plugin.models import ActionCall, Delivery, Job, Question, db
from plugin.scheduler import runner
from plugin.services.actions import queue
from plugin.services.actions.queue import run_queued
from plugin.services.actions.registry import ACTIONS
from tests.actions.calls import arrived, befriended, count, run, send
from tests.actions.many_at_once import INPUTS, crowd, ends, job_of, states
from tests.support.crowd import gather
from tests.support.processes import wait_until
from tests.support.world import ALICE, PORTAL, Tenant, World, own_sql, sql_of

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_gives_the_outputs_later_that_it_gives_at_once(
    world: World, alice: Tenant, action: str
) -> None:
    befriended(world, alice)
    inputs = INPUTS[action]
    with crowd(world):
        held = run(world, action, inputs)
        assert held["hs_execution_state"] == "BLOCK"
        assert run(world, action, inputs)["hs_execution_state"] == "BLOCK", "HubSpot calls again"
    assert states(world) == ["taken"]
    world.work()
    if action == "ask-question":
        with world.app.app_context():
            assert db.session.scalars(select(Question.choices)).all() == [["Yes", "No"]]
        return
    later = ends(world)["ap-1-2-3-0"]
    assert run(world, action, inputs) == later, "a repeated call hears the same end"
    alone = run(world, action, inputs, callback="ap-1-2-3-1")
    volatile = ("message_id", "linkage_url", "linkage_token", "expires_at")
    assert {k: v for k, v in later.items() if k not in volatile} == {
        k: v for k, v in alone.items() if k not in volatile
    }


def test_a_taken_execution_costs_one_statement_and_wakes_a_worker_once(
    world: World, alice: Tenant
) -> None:
    befriended(world, alice)
    with crowd(world):
        send(world, {"text": "1"}, callback="c-1")
        with sql_of(world) as seen:
            send(world, {"text": "2"}, callback="c-2")
    assert [each.split()[0] for each in seen] == ["INSERT"]
    with world.app.app_context():
        assert db.session.scalar(select(Job.key).where(Job.kind == "run_taken")) is not None
    world.work()
    assert len(arrived(world)) == 2


def test_a_batch_looks_up_as_often_however_many_are_in_it(world: World, alice: Tenant) -> None:
    people = gather(world, alice, 44).contact_ids
    asked = []
    for some in (people[:4], people[4:]):
        with crowd(world):
            for contact in some:
                inputs = {"text": "Look", "buttons": "Shop | https://shop.example.com/sale"}
                send(world, inputs, callback=f"c-{contact}", contact=int(contact))
        with world.app.app_context(), own_sql(world) as seen:
            run_queued(world.deps, job_of(alice))
        asked.append(sum(each.startswith("SELECT") for each in seen))
    few, many = asked
    # The first batch also meets an address that is new.
    assert many <= few
    with world.app.app_context():
        assert count(Delivery) == len(people)


def look(world: World) -> None:
    """A second passes, and all that is due by then is done once."""
    world.pass_time(1)
    with world.app.app_context():
        for job in runner.claim("sync", "a test", 20):
            runner.run(world.deps, job)


def test_the_last_of_a_crowd_is_run_although_a_look_found_nothing_just_before(
    world: World, alice: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes right after another wakes nobody, however slow the machine of the test."""
    monkeypatch.setattr(queue, "WAKE_SECONDS", 60)
    befriended(world, alice)
    world.work()
    with crowd(world):
        send(world, {"text": "1"}, callback="c-1")
        look(world)
        look(world)
        send(world, {"text": "2"}, callback="c-2")
        look(world)
    with world.app.app_context():
        assert count(Delivery) == 2
    world.work()
    assert len(arrived(world)) == 2
    with world.app.app_context():
        assert Job.of("run_taken", alice.installation_id) is None


def test_a_list_is_run_in_batches_and_completed_in_batches(world: World, alice: Tenant) -> None:
    people = gather(world, alice, 120).contact_ids
    body = {"portal": PORTAL, "action": "send-message", "contact_ids": people}
    with crowd(world):
        world.sandbox.control("POST", "/runs", {**body, "inputs": INPUTS["send-message"]})
        wait_until(lambda: ended(world).get("BLOCKED") == 120, 60, "all calls answered")
    world.work()
    assert ended(world) == {"SUCCESS": 120}
    phones = world.sandbox.control("GET", "/deliveries?summary=1")
    assert (phones["count"], phones["users"], phones["duplicates"]) == (120, 120, 0)
    told = world.sandbox.control("GET", "/callbacks")
    assert (told["total"], told["more_than_once"]) == (120, 0)
    assert {one["outputs"]["result"] for one in told["callbacks"].values()} == {"sent"}
    assert set(states(world)) == {"completed"}


def test_what_hubspot_took_is_not_told_again_because_the_rest_fails(
    world: World, alice: Tenant
) -> None:
    people = gather(world, alice, 3).contact_ids
    body = {"portal": PORTAL, "action": "send-message", "contact_ids": people}
    with crowd(world):
        world.sandbox.control("POST", "/runs", {**body, "inputs": INPUTS["send-message"]})
        wait_until(lambda: ended(world).get("BLOCKED") == 3, 60, "all calls answered")
        # Of this one HubSpot knows nothing: it refuses a batch that names it.
        send(world, {"text": "Hello"}, callback="unknown", contact=int(people[0]))
    path = "callbacks/2026-09/complete"
    # The whole batch is refused, a half is taken, and then HubSpot is away for a moment.
    world.sandbox.fail(path, {"delay": 0}, times=2)
    world.sandbox.fail(path, {"status": 503}, times=1)
    world.work()
    world.work(ahead=60)
    told = world.sandbox.control("GET", "/callbacks")
    assert (told["total"], told["more_than_once"]) == (3, 0)
    assert sorted(states(world)) == ["completed", "completed", "completed", "expired"]


def ended(world: World) -> dict[str, int]:
    found: dict[str, int] = world.sandbox.control("GET", "/executions?limit=1")["states"]
    return found


def test_what_cannot_be_sent_is_told_apart_in_a_batch_too(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    with crowd(world):
        send(world, {"text": "Hello"}, callback="sent")
        send(world, {"text": ""}, callback="empty")
        send(world, {"text": "Hello"}, callback="nobody", contact=ALICE + 900_000)
        send(world, {"text": "Hello", "official_account": "999"}, callback="gone")
    world.work()
    results = {name: one["result"] for name, one in ends(world).items()}
    assert results == {
        "sent": "sent", "empty": "invalid_message", "nobody": "not_linked", "gone": "failed",
    }  # fmt: skip
    assert len(arrived(world)) == 1


def test_two_tags_for_one_friend_in_one_batch_are_both_kept(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    with crowd(world):
        for tag in ("tea", "rice"):
            run(world, "tag-friend", {"tag": tag}, callback=tag)
    world.work()
    assert ends(world)["rice"]["tags"] == "tea; rice"


def test_a_question_that_is_asked_later_is_held_as_long_as_it_waits(
    world: World, alice: Tenant
) -> None:
    befriended(world, alice)
    question = {**INPUTS["ask-question"], "wait_hours": "48"}
    with crowd(world):
        held = run(world, "ask-question", question)
    minutes = int(held["hs_expiration_duration"].removeprefix("PT").removesuffix("M"))
    assert 48 * 60 < minutes <= 50 * 60
    with crowd(world):
        odd = run(world, "ask-question", {**question, "wait_hours": "soon"}, callback="odd")
    assert odd["hs_execution_state"] == "BLOCK"
    world.work()
    assert ends(world)["odd"]["result"] == "invalid_message"
    with world.app.app_context():
        call = db.session.scalars(select(ActionCall).order_by(ActionCall.id)).first()
        question_row = db.session.scalars(select(Question)).one()
    assert call is not None
    assert call.expires_at is not None
    assert question_row.closes_at < call.expires_at
