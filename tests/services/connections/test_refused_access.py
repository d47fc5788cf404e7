"""What HubSpot refuses for a moment waits for a moment: dead tokens are replaced, portals kept."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models import Delivery, Installation, db
from plugin.models.transaction import transaction
from plugin.services.connections.access_token import portal_access, refresh_ahead
from plugin.services.system.notices import is_our_mistake
from tests.support.crowd import gather, owe_messages
from tests.support.people import pass_refusal
from tests.support.world import ALICE, Tenant, World

pytestmark = pytest.mark.both_databases

TOKEN = "oauth/2026-09/token$"
BAD = {"status": 400, "body": {"status": "BAD_REFRESH_TOKEN", "message": "missing or unknown"}}


def end_all_tokens(world: World) -> None:
    """As HubSpot may at any moment: they are dead long before their time."""
    store = world.sandbox.app.extensions["world"].store
    with store:
        for token in list(store.keys("access-token")):
            store.delete("access-token", token)
    world.sandbox.control("DELETE", "/calls")


def refreshes(world: World) -> int:
    """How often HubSpot was asked for tokens."""
    calls = world.sandbox.control("GET", "/calls")["calls"]
    return sum(one["count"] for name, one in calls.items() if name.endswith("/token"))


def call(world: World, tenant: Tenant) -> str:
    """Ask HubSpot something; the reason where it was refused."""
    with world.app.app_context():
        try:
            access = portal_access(world.deps, tenant.installation_id)
            world.deps.gateways.hubspot.read_contacts(access, [str(ALICE)], ["email"])
        except GatewayError as error:
            return error.reason
    return ""


def of(tenant: Tenant) -> Installation:
    """As it stands, inside the app's context."""
    found = Installation.by_id(tenant.installation_id)
    assert found is not None
    return found


def refuse(world: World, *tenants: Tenant) -> None:
    """Their tokens are refused when they are refreshed ahead."""
    for tenant in tenants:
        with world.app.app_context(), pytest.raises(GatewayError) as told:
            refresh_ahead(world.deps, tenant.installation_id)
        assert not told.value.permanent
        assert told.value.retry_at is not None


def test_many_calls_that_meet_a_dead_token_make_one_refresh_and_all_go_well(
    world: World, alice: Tenant
) -> None:
    end_all_tokens(world)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: call(world, alice), range(8)))
    assert answers == [""] * 8
    assert refreshes(world) == 1


def test_a_new_token_that_is_refused_too_is_not_replaced_again_and_again(
    world: World, alice: Tenant
) -> None:
    world.sandbox.fail("crm/", {"status": 401, "body": {"message": "who are you"}})
    world.sandbox.control("DELETE", "/calls")
    assert call(world, alice) == "unauthorized"
    for _ in range(3):
        assert call(world, alice) == "unavailable"
    assert refreshes(world) == 1


def test_one_refusal_pauses_the_sends_and_a_later_yes_sends_them(
    world: World, alice: Tenant
) -> None:
    crowd = gather(world, alice, 3)
    world.sandbox.fail(TOKEN, BAD)
    refuse(world, alice)
    owe_messages(world, alice, crowd.friend_ids)
    world.work()
    assert world.sandbox.control("GET", "/deliveries?summary=1")["count"] == 0
    with world.app.app_context():
        assert of(alice).state == "active"
        assert set(db.session.scalars(select(Delivery.state))) == {"planned"}
    world.sandbox.control("DELETE", "/faults")
    pass_refusal(world, timedelta(minutes=1))
    world.work(ahead=60)
    assert world.sandbox.control("GET", "/deliveries?summary=1")["count"] == 3
    with world.app.app_context():
        assert of(alice).refused_since is None


def test_the_pauses_grow_and_hubspot_is_not_asked_within_them(world: World, alice: Tenant) -> None:
    world.sandbox.fail(TOKEN, BAD)
    pauses = []
    for minutes in (0, 1, 3, 7, 120):
        if minutes:
            pass_refusal(world, timedelta(minutes=minutes))
        refuse(world, alice)
        with world.app.app_context():
            until = of(alice).refresh_not_before
            assert until is not None
            pauses.append(round((until - utcnow()).total_seconds() / 60))
        world.sandbox.control("DELETE", "/calls")
        refuse(world, alice)
        assert refreshes(world) == 0
    assert pauses == [1, 1, 3, 7, 15]


def test_portals_that_are_refused_together_are_never_disconnected(
    world: World, alice: Tenant, charlie: Tenant
) -> None:
    world.sandbox.fail(TOKEN, BAD)
    refuse(world, alice, charlie)
    pass_refusal(world, timedelta(days=3))
    refuse(world, alice, charlie)
    with world.app.app_context():
        assert is_our_mistake()
        assert {of(alice).state, of(charlie).state} == {"active"}
    assert "HUBSPOT_CLIENT_SECRET" in requests.get(f"{world.url}/readyz", timeout=5).text
    world.sandbox.control("DELETE", "/faults")
    pass_refusal(world, timedelta(days=3))
    world.work(ahead=60)
    with world.app.app_context():
        assert not is_our_mistake()
    assert requests.get(f"{world.url}/readyz", timeout=5).text == "ready\n"


def test_a_day_of_refusals_of_one_portal_alone_disconnects_it(
    world: World, alice: Tenant, charlie: Tenant
) -> None:
    world.sandbox.control("POST", "/uninstall", {"portal": 20000001})
    refuse(world, alice)
    pass_refusal(world, timedelta(hours=25))
    world.work(ahead=60)
    with world.app.app_context():
        assert (of(alice).state, of(charlie).state) == ("disconnected", "active")


def test_planned_sends_outlive_an_uninstall_and_go_after_installing_again(
    world: World, alice: Tenant
) -> None:
    crowd = gather(world, alice, 3)
    with world.app.app_context(), transaction():
        of(alice).state = "disconnected"
    owe_messages(world, alice, crowd.friend_ids)
    world.work(ahead=3600)
    with world.app.app_context():
        assert set(db.session.scalars(select(Delivery.state))) == {"planned"}
    world.install()
    world.work()
    assert world.sandbox.control("GET", "/deliveries?summary=1")["count"] == 3
