"""What people decide: start, plan, pause, resume, cancel, copy; each may come twice."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.core.overwrites import ChangedMeanwhile
from plugin.models import Broadcast, Job, Multicast, Recipient, db
from plugin.models.audience.segment import Segment, SegmentVersion
from plugin.models.transaction import transaction
from plugin.services.broadcasts.drafts import WrongState, archive, duplicate, save_draft, seen_of
from plugin.services.broadcasts.freeze import freeze
from plugin.services.broadcasts.job.multicasts import call
from plugin.services.broadcasts.job.open_multicasts import open_chunks
from plugin.services.broadcasts.job.rounds import claim_round
from plugin.services.broadcasts.job.send import send_broadcast
from plugin.services.broadcasts.job.sweep import sweep_broadcasts
from plugin.services.broadcasts.start import CannotStart, cancel, pause, resume, start
from tests.services.broadcasts.planned import (
    TEXT,
    arrived,
    begin,
    draft,
    found,
    sent,
    state_of,
    states,
)
from tests.support.crowd import gather
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases


def test_a_second_press_sends_nothing_twice(world: World, alice: Tenant) -> None:
    gather(world, alice, 3, contacts=False)
    broadcast_id = draft(world, alice)
    begin(world, broadcast_id)
    begin(world, broadcast_id)
    world.work()
    with world.app.app_context(), pytest.raises(WrongState):
        start(found(broadcast_id))
    assert arrived(world)["count"] == 3
    assert state_of(world, broadcast_id) == ("finished", "")


def test_a_pause_in_the_middle_keeps_the_rest_for_the_resume(world: World, alice: Tenant) -> None:
    gather(world, alice, 10, contacts=False)
    broadcast_id = sent(world, alice, per_minute=4)
    assert states(world, broadcast_id) == {("sent", ""): 4, ("waiting", ""): 6}
    with world.app.app_context():
        pause(found(broadcast_id))
        pause(found(broadcast_id))
    world.work(ahead=600)
    assert states(world, broadcast_id) == {("sent", ""): 4, ("waiting", ""): 6}
    with world.app.app_context():
        with transaction():
            found(broadcast_id).per_minute = None
        resume(found(broadcast_id))
        resume(found(broadcast_id))
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 10}
    assert arrived(world)["count"] == arrived(world)["users"] == 10


def test_a_cancel_before_the_first_send_makes_it_a_draft_again(world: World, alice: Tenant) -> None:
    gather(world, alice, 4, contacts=False)
    broadcast_id = draft(world, alice, schedule_at=utcnow() + timedelta(hours=3))
    begin(world, broadcast_id)
    world.work()
    assert state_of(world, broadcast_id) == ("scheduled", "")
    with world.app.app_context():
        cancel(found(broadcast_id))
        save_draft(found(broadcast_id), {"schedule_at": None})
    begin(world, broadcast_id)
    with world.app.app_context():
        send_broadcast_once(world, broadcast_id)
        assert db.session.scalar(select(Recipient.id)) is not None
        cancel(found(broadcast_id))
    world.work()
    assert state_of(world, broadcast_id) == ("draft", "")
    assert arrived(world)["count"] == 0
    with world.app.app_context():
        assert db.session.scalar(select(Recipient.id)) is None
    begin(world, broadcast_id)
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 4}


def send_broadcast_once(world: World, broadcast_id: int) -> None:
    """Freezes, and stops before the first claim: the account's quiet hours have begun."""
    with transaction():
        found(broadcast_id).official_account.quota_paused_until = utcnow() + timedelta(hours=1)
        found(broadcast_id).official_account.quota_limit = 1
    send_broadcast(world.deps, broadcast_id)
    with transaction():
        found(broadcast_id).official_account.quota_paused_until = None


def test_a_cancel_later_leaves_the_rest_out(world: World, alice: Tenant) -> None:
    gather(world, alice, 10, contacts=False)
    broadcast_id = sent(world, alice, per_minute=4)
    with world.app.app_context():
        cancel(found(broadcast_id))
        cancel(found(broadcast_id))
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 4, ("left_out", "cancelled"): 6}
    assert state_of(world, broadcast_id) == ("cancelled", "")
    with world.app.app_context(), pytest.raises(WrongState):
        resume(found(broadcast_id))


def test_a_cancel_settles_what_may_be_out_under_its_key(world: World, alice: Tenant) -> None:
    gather(world, alice, 510, contacts=False)
    world.sandbox.fail("message/multicast$", "lost", times=1)
    broadcast_id = draft(world, alice, per_minute=505)
    begin(world, broadcast_id)
    with world.app.app_context():
        send_broadcast(world.deps, broadcast_id)
        cancel(found(broadcast_id))
    world.work(ahead=10)
    counted = states(world, broadcast_id)
    assert counted[("sent", "")] == arrived(world)["count"] == 500
    assert counted[("left_out", "cancelled")] == 10


def test_it_starts_at_its_time_and_a_lost_job_is_found(world: World, alice: Tenant) -> None:
    gather(world, alice, 2, contacts=False)
    broadcast_id = draft(world, alice, schedule_at=utcnow() + timedelta(hours=3))
    begin(world, broadcast_id)
    world.work()
    assert arrived(world)["count"] == 0
    with world.app.app_context():
        with transaction() as session:
            planned = update(Broadcast).values(schedule_at=utcnow() - timedelta(seconds=1))
            session.execute(planned)
            session.query(Job).filter(Job.kind == "send_broadcast").delete()
        sweep_broadcasts()
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 2}


def test_a_time_that_has_passed_and_a_missing_message_are_said(world: World, alice: Tenant) -> None:
    broadcast_id = draft(world, alice, schedule_at=utcnow() - timedelta(hours=1))
    with world.app.app_context():
        save_draft(found(broadcast_id), {"audience": "list"}, contents=[])
        with pytest.raises(CannotStart) as refused:
            start(found(broadcast_id))
        fields = [field for field, _ in refused.value.problems]
        assert fields == ["list", "messages", "schedule_at"]
        assert found(broadcast_id).state == "draft"


def test_a_broadcast_to_nobody_goes_back_and_says_so(world: World, alice: Tenant) -> None:
    broadcast_id = draft(world, alice, audience="segment")
    with world.app.app_context(), transaction() as session:
        segment = Segment(official_account_id=alice.account_id, name="None", version=1,
                          created_at=utcnow(), changed_at=utcnow())  # fmt: skip
        session.add(segment)
        session.flush()
        rule = {"field": "friend.language", "op": "is", "value": "xx"}
        session.add(SegmentVersion(segment_id=segment.id, number=1, rule=rule,
                                   created_at=utcnow()))  # fmt: skip
        found(broadcast_id).segment_id = segment.id
    begin(world, broadcast_id)
    world.work()
    assert state_of(world, broadcast_id) == ("draft", "nobody")


def test_a_later_save_never_overwrites_an_earlier_one_unseen(world: World, alice: Tenant) -> None:
    broadcast_id = draft(world, alice)
    with world.app.app_context():
        seen = seen_of(found(broadcast_id))
        save_draft(found(broadcast_id), {"name": "Spring"}, seen=seen)
        with pytest.raises(ChangedMeanwhile) as refused:
            save_draft(found(broadcast_id), {"name": "Summer"}, seen=seen)
        assert refused.value.names == {"name"}
        other = {"holdout_percent": seen["holdout_percent"]}
        save_draft(found(broadcast_id), {"holdout_percent": 5}, seen=other)
        broadcast = found(broadcast_id)
        assert (broadcast.name, broadcast.holdout_percent, broadcast.version) == ("Spring", 5, 4)


def test_a_copy_begins_anew_and_a_running_one_is_not_archived(world: World, alice: Tenant) -> None:
    gather(world, alice, 2, contacts=False)
    broadcast_id = sent(world, alice, TEXT, holdout_percent=0, schedule_at=None)
    with world.app.app_context():
        copy_id = duplicate(found(broadcast_id), "Again", "alice@example.com").id
        copy = found(copy_id)
        assert (copy.state, copy.total, copy.frozen_at) == ("draft", 0, None)
    begin(world, copy_id)
    with world.app.app_context():
        with pytest.raises(WrongState):
            archive(found(copy_id))
        archive(found(broadcast_id))
        assert Broadcast.find_owned(alice.installation_id, broadcast_id) is None
    world.work()
    assert arrived(world)["count"] == 4
    with world.app.app_context():
        assert len(list(db.session.scalars(select(Multicast.id)))) == 2


def test_a_resume_between_claim_and_call_sends_nothing_twice(world: World, alice: Tenant) -> None:
    """The worker has read what it is about to call; meanwhile a person pauses and resumes."""
    gather(world, alice, 3, contacts=False)
    broadcast_id = draft(world, alice)
    begin(world, broadcast_id)
    with world.app.app_context():
        freeze(broadcast_id, "sending")
        claim_round(world.deps, broadcast_id)
        chunks = open_chunks(broadcast_id)
        pause(found(broadcast_id))
        call(world.deps, found(broadcast_id), chunks)
        assert arrived(world)["count"] == 0
        resume(found(broadcast_id))
        call(world.deps, found(broadcast_id), chunks)
        assert arrived(world)["count"] == 0
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 3}
    assert arrived(world)["count"] == 3
