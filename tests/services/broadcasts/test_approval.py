"""Who approves or declines a broadcast, by when, and how many people need it."""

from datetime import timedelta

import pytest

from plugin.core.clock import utcnow
from plugin.models import Member
from plugin.models.transaction import transaction
from plugin.services.broadcasts.start import NotAllowed, approve, decline
from tests.services.broadcasts.planned import (
    arrived,
    begin,
    draft,
    found,
    sent,
    set_rules,
    state_of,
    states,
)
from tests.support.crowd import gather
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases


def test_another_member_approves_the_frozen_number(world: World, alice: Tenant) -> None:
    gather(world, alice, 3, contacts=False)
    set_rules(world, alice, approval_above=2)
    with world.app.app_context(), transaction() as session:
        session.add(Member(installation_id=alice.installation_id, hubspot_user_id=77,
                           email="bob@example.com", signed_in_at=utcnow()))  # fmt: skip
    broadcast_id = draft(world, alice)
    begin(world, broadcast_id)
    world.work()
    assert arrived(world)["count"] == 0
    assert states(world, broadcast_id) == {("waiting", ""): 3}
    # Who comes later is not among those that were approved.
    gather(world, alice, 2, contacts=False)
    with world.app.app_context():
        for typed in (None, 3):
            with pytest.raises(NotAllowed):
                approve(found(broadcast_id), "alice@example.com", typed)
        approve(found(broadcast_id), "bob@example.com")
        approve(found(broadcast_id), "bob@example.com")
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 3}


def test_a_lone_owner_types_the_number(world: World, alice: Tenant) -> None:
    gather(world, alice, 3, contacts=False)
    set_rules(world, alice, approval_above=2)
    broadcast_id = draft(world, alice)
    begin(world, broadcast_id)
    world.work()
    with world.app.app_context():
        with pytest.raises(NotAllowed):
            approve(found(broadcast_id), "alice@example.com", 2)
        approve(found(broadcast_id), "alice@example.com", 3)
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 3}


def test_declined_or_too_late_nothing_is_sent(world: World, alice: Tenant) -> None:
    gather(world, alice, 3, contacts=False)
    set_rules(world, alice, approval_above=2)
    ids = [draft(world, alice, schedule_at=utcnow() + timedelta(hours=1)) for _ in range(2)]
    for broadcast_id in ids:
        begin(world, broadcast_id)
    world.work()
    with world.app.app_context():
        decline(found(ids[0]), "bob@example.com")
        decline(found(ids[0]), "bob@example.com")
        with transaction():
            found(ids[1]).schedule_at = utcnow() - timedelta(seconds=1)
    world.work(ahead=7200)
    assert state_of(world, ids[0]) == ("draft", "declined")
    assert state_of(world, ids[1]) == ("draft", "approval_expired")
    assert arrived(world)["count"] == 0


def test_few_people_need_no_approval(world: World, alice: Tenant) -> None:
    gather(world, alice, 2, contacts=False)
    set_rules(world, alice, approval_above=2)
    broadcast_id = sent(world, alice)
    assert states(world, broadcast_id) == {("sent", ""): 2}
