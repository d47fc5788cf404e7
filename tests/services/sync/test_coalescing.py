"""A thousand changes cost ten calls, one leaves within a second, and one bad row harms no other."""

from typing import Any

import pytest
from sqlalchemy import func, select, update

from plugin.models import ActionCall, Contact, Job, db
from plugin.models.sending.action_call import ANSWERED, QUEUED, WORKING
from plugin.models.system.job import enqueue
from plugin.models.system.job_kinds import JOB_KINDS
from plugin.models.transaction import transaction
from plugin.services.contacts.outbox import mark_for_push
from tests.support.crowd import gather
from tests.support.processes import wait_until
from tests.support.world import PORTAL, Tenant, World

pytestmark = pytest.mark.both_databases


def calls(world: World, ending: str) -> int:
    """How often HubSpot was called at an address that ends so, since the last count."""
    found = world.sandbox.control("GET", "/calls")["calls"]
    world.sandbox.control("DELETE", "/calls")
    return sum(one["count"] for name, one in found.items() if name.endswith(ending))


def change(world: World, tenant: Tenant, contact_ids: list[str]) -> None:
    """Something that HubSpot shows has changed for all of them, each in a commit of its own."""
    with world.app.app_context():
        mine = select(Contact).where(Contact.contact_id.in_([int(one) for one in contact_ids]))
        for contact in db.session.scalars(mine).all():
            with transaction():
                mark_for_push(contact)


def errors(world: World) -> dict[int, str]:
    with world.app.app_context():
        bad = select(Contact.contact_id, Contact.push_error).where(Contact.push_error != "")
        return dict(db.session.execute(bad).tuples().all())


def still_owed(world: World) -> int:
    with world.app.app_context():
        owed = select(func.count()).select_from(Contact).where(Contact.push_pending)
        return db.session.scalar(owed) or 0


@pytest.mark.slow
def test_a_thousand_links_cost_about_ten_calls(world: World, alice: Tenant) -> None:
    people = gather(world, alice, 1_000).contact_ids
    change(world, alice, people)
    calls(world, "")
    world.work()
    assert calls(world, "/batch/update") == 10
    assert (still_owed(world), errors(world)) == (0, {})
    assert world.sandbox.contact(int(people[-1]))["line_friend_status"] == "following"


def test_one_alone_leaves_within_a_second(world: World, alice: Tenant) -> None:
    people = gather(world, alice, 1).contact_ids
    change(world, alice, people)
    with world.app.app_context():
        now = select(Job.ready_ms).where(Job.kind == "write_contacts")
        assert max(kind.gather.total_seconds() for kind in JOB_KINDS.values()) <= 0.5
        assert db.session.scalar(now) is not None
    assert world.work(0.5) >= 1
    assert calls(world, "/batch/update") == 1


def test_ten_changes_of_one_contact_are_one_row_of_one_call(world: World, alice: Tenant) -> None:
    people = gather(world, alice, 1).contact_ids
    for _ in range(10):
        change(world, alice, people)
    calls(world, "")
    world.work()
    assert calls(world, "/batch/update") == 1


@pytest.mark.parametrize("status", [200, 207])
def test_a_bad_row_keeps_its_reason_and_the_others_are_written(
    world: World, alice: Tenant, status: int
) -> None:
    world.sandbox.control("POST", "/hubspot", {"partial_batch_status": status})
    people = gather(world, alice, 30).contact_ids
    gone, stray = 987654321, int(people[7])
    with world.app.app_context(), transaction() as session:
        # HubSpot does not know this one, though Musubi thinks it does.
        wrong = update(Contact).where(Contact.contact_id == stray).values(contact_id=gone)
        session.execute(wrong)
    others = [one for one in people if int(one) != stray]
    change(world, alice, [*others, str(gone)])
    world.work()
    assert list(errors(world)) == [gone]
    assert "not found" in errors(world)[gone]
    assert still_owed(world) == 0
    assert all(world.sandbox.contact(int(one))["line_friend_status"] for one in others)


def test_a_batch_refused_as_a_whole_is_halved_until_the_bad_row_stands_alone(
    world: World, alice: Tenant
) -> None:
    people = gather(world, alice, 16).contact_ids
    change(world, alice, people)
    calls(world, "")
    # 16, 8, 4, 2, 1: the first of each half is refused whole, without a word on which row it was.
    world.sandbox.fail("batch/update$", {"status": 400, "body": {"message": "Bad"}}, times=5)
    world.work()
    assert len(errors(world)) == 1
    assert set(errors(world).values()) == {"Bad"}
    assert still_owed(world) == 0
    assert calls(world, "/batch/update") == 4


def test_a_failure_of_hubspots_loses_nothing(world: World, alice: Tenant) -> None:
    people = gather(world, alice, 150).contact_ids
    change(world, alice, people)
    world.sandbox.fail("batch/update$", {"status": 500}, times=1)
    world.sandbox.fail("batch/update$", "lost", times=1)
    world.work()
    world.work(5)
    assert (still_owed(world), errors(world)) == (0, {})


def test_what_changes_while_it_is_written_is_written_again(
    world: World, alice: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = gather(world, alice, 1).contact_ids
    change(world, alice, people)
    hubspot = world.app.extensions["musubi"].gateways.hubspot
    write, written = hubspot.update_contacts, []

    def write_slowly(*arguments: Any) -> Any:
        written.append(arguments)
        if len(written) == 1:
            with world.app.app_context(), transaction() as session:
                more = Contact.push_version + 1
                session.execute(update(Contact).values(push_version=more, push_pending=True))
                enqueue("write_contacts", alice.installation_id, alice.installation_id)
        return write(*arguments)

    monkeypatch.setattr(hubspot, "update_contacts", write_slowly)
    world.work()
    assert len(written) == 2
    assert still_owed(world) == 0


def test_callbacks_are_completed_a_hundred_a_call(world: World, alice: Tenant) -> None:
    people = gather(world, alice, 250).contact_ids
    body = {
        "portal": PORTAL,
        "action": "send-message",
        "contact_ids": people,
        "inputs": {"text": "Hi"},
    }
    world.sandbox.control("POST", "/runs", body)
    wait_until(lambda: sum(states(world, "BLOCKED", "SUCCESS")) == 250, 120, "all calls answered")
    with world.app.app_context(), transaction() as session:
        working = update(ActionCall).where(ActionCall.state.in_((QUEUED, WORKING)))
        session.execute(working.values(state=ANSWERED, outputs='{"result": "sent"}'))
        enqueue("complete_callbacks", alice.installation_id, alice.installation_id)
    calls(world, "")
    # Where nobody stood before it, a message went out while HubSpot waited for the answer.
    [held] = states(world, "BLOCKED")
    assert held > 200
    world.work()
    assert calls(world, "/complete") == 3
    assert world.sandbox.control("GET", "/callbacks")["total"] == held


def states(world: World, *names: str) -> list[int]:
    found = world.sandbox.control("GET", "/executions?limit=1")["states"]
    return [found.get(name, 0) for name in names]
