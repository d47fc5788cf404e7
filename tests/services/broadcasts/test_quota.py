"""A month's messages that are short, or end half way: nobody is lost, and people decide."""

import pytest
from sqlalchemy import update

from plugin.models import OfficialAccount
from plugin.models.transaction import transaction
from plugin.services.broadcasts.start import resume
from tests.services.broadcasts.planned import PERSONAL, TEXT, arrived, found, sent, state_of, states
from tests.support.crowd import gather
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases


def set_quota(world: World, tenant: Tenant, limit: int | None, used: int) -> None:
    with world.app.app_context():
        account = world.account(tenant)
        body = {"channel": account.channel_id, "limit": limit, "used": used}
        world.sandbox.control("POST", "/quota", body)
        with transaction() as session:
            known = {"quota_limit": limit, "quota_used": used}
            session.execute(update(OfficialAccount).values(known))


@pytest.mark.parametrize("message", [TEXT, PERSONAL])
def test_a_quota_that_is_short_asks_before_anything_is_sent(
    world: World, alice: Tenant, message: dict[str, str]
) -> None:
    gather(world, alice, 10)
    set_quota(world, alice, 100, 96)
    broadcast_id = sent(world, alice, message)
    assert state_of(world, broadcast_id) == ("paused", "quota")
    assert states(world, broadcast_id) == {("waiting", ""): 10}
    with world.app.app_context():
        resume(found(broadcast_id), "budget")
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 4, ("left_out", "budget"): 6}
    assert arrived(world)["count"] == 4


@pytest.mark.parametrize("message", [TEXT, PERSONAL])
def test_a_quota_that_ends_half_way_loses_nobody(
    world: World, alice: Tenant, message: dict[str, str]
) -> None:
    gather(world, alice, 10)
    set_quota(world, alice, 100, 96)
    with world.app.app_context(), transaction() as session:
        # As Musubi knows it there is plenty: others have sent since.
        session.execute(update(OfficialAccount).values(quota_used=0, quota_limit=100_000))
    broadcast_id = sent(world, alice, message)
    assert state_of(world, broadcast_id) in {("paused", "quota"), ("sending", "quota_reserved")}
    for _ in range(3):
        world.work(ahead=600)
        with world.app.app_context(), transaction() as session:
            session.execute(update(OfficialAccount).values(quota_paused_until=None))
    assert state_of(world, broadcast_id) == ("paused", "quota")
    counted = states(world, broadcast_id)
    assert counted.get(("sent", ""), 0) == arrived(world)["count"]
    assert counted["waiting", ""] + counted.get(("sent", ""), 0) == 10
    set_quota(world, alice, None, 0)
    with world.app.app_context():
        with transaction() as session:
            session.execute(update(OfficialAccount).values(quota_used_up_at=None))
        resume(found(broadcast_id))
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 10}
    assert arrived(world)["count"] == 10


def test_the_next_month_is_waited_for(world: World, alice: Tenant) -> None:
    gather(world, alice, 10, contacts=False)
    set_quota(world, alice, 100, 96)
    broadcast_id = sent(world, alice, when_short="next_month")
    assert state_of(world, broadcast_id) == ("sending", "quota_next_month")
    assert states(world, broadcast_id) == {("sent", ""): 4, ("waiting", ""): 6}
    set_quota(world, alice, 1000, 0)
    world.work(ahead=600)
    assert states(world, broadcast_id) == {("sent", ""): 10}
