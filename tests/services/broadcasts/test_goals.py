"""Who reached a broadcast's goal in time: by a list, a property, a link or a deal, those held out
alike."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models import (
    Broadcast,
    Delivery,
    GoalHit,
    Installation,
    Job,
    LinkClick,
    LinkTarget,
    Recipient,
    db,
)
from plugin.models.transaction import transaction
from plugin.services.broadcasts.goals import DEALS_SCOPE, missing_scope
from plugin.services.broadcasts.plan_measures import plan_measures
from tests.services.broadcasts.test_results import make_broadcast
from tests.support.crowd import Crowd, gather
from tests.support.world import PORTAL, Tenant, World

pytestmark = pytest.mark.both_databases


class Case:
    """A broadcast of two hours ago with a goal: three friends got it, the fourth was held out."""

    def __init__(self, world: World, tenant: Tenant, goal: dict[str, Any]) -> None:
        self.world, self.tenant = world, tenant
        self.crowd: Crowd = gather(world, tenant, 4)
        *got, kept = self.crowd.friend_ids
        with world.app.app_context(), transaction():
            sent = dict.fromkeys(got, 0)
            self.number = make_broadcast(tenant, sent, [kept], goal={"days": 7, **goal})
        self.set_times(utcnow() - timedelta(hours=2))

    def set_times(self, sent_at: datetime, finished: bool = True) -> None:
        with self.world.app.app_context(), transaction():
            times = {"first_sent_at": sent_at, "finished_at": sent_at if finished else None}
            db.session.execute(update(Broadcast).values(times))
            sent = update(Recipient).where(Recipient.state == "sent")
            db.session.execute(sent.values(claimed_at=sent_at))

    def look(self, ahead: float = 1) -> list[int]:
        """Do a look; answers the places in the crowd of those who reached the goal so far."""
        with self.world.app.app_context():
            plan_measures()
        self.world.work(ahead)
        with self.world.app.app_context():
            hits = db.session.scalars(select(GoalHit.friend_id)).all()
        return sorted(self.crowd.friend_ids.index(friend_id) for friend_id in hits)

    def contact(self, place: int) -> str:
        return self.crowd.contact_ids[place]

    def is_open(self) -> bool:
        with self.world.app.app_context():
            return Job.of("look_at_goal", self.number) is not None


def make_list(world: World, contacts: list[str]) -> str:
    body = {"portal": PORTAL, "name": "Buyers", "contact_ids": contacts}
    return str(world.sandbox.control("POST", "/lists", body)["listId"])


def test_who_joined_the_list_afterwards(world: World, alice: Tenant) -> None:
    list_id = make_list(world, [])
    case = Case(world, alice, {"kind": "list", "value": list_id})
    join = {"portal": PORTAL, "add": [case.contact(0), case.contact(3)]}
    world.sandbox.control("PATCH", f"/lists/{list_id}", join)
    assert case.look() == [0, 3]
    join = {"portal": PORTAL, "add": [case.contact(1)]}
    world.sandbox.control("PATCH", f"/lists/{list_id}", join)
    assert case.look() == [0, 3], "looked at once a day"
    assert case.look(ahead=25 * 3600) == [0, 1, 3]


def test_who_was_in_the_list_before_does_not_count(world: World, alice: Tenant) -> None:
    case = Case(world, alice, {"kind": "list", "value": "1"})
    list_id = make_list(world, [case.contact(0)])
    with world.app.app_context(), transaction():
        goal = {"kind": "list", "value": list_id, "days": 7}
        db.session.execute(update(Broadcast).values(goal=goal))
    case.set_times(utcnow() + timedelta(minutes=1))
    assert case.look() == []


def test_who_got_the_value_in_time(world: World, alice: Tenant) -> None:
    case = Case(world, alice, {"kind": "property", "property": "company", "value": "Acme"})
    for place, value in ((0, "Acme"), (1, "Other"), (3, "acme")):
        body = {"portal": PORTAL, "properties": {"company": value}}
        world.sandbox.control("PATCH", f"/contacts/{case.contact(place)}", body)
    # One of them has another value by now.
    body = {"portal": PORTAL, "properties": {"company": "Late"}}
    world.sandbox.control("PATCH", f"/contacts/{case.contact(0)}", body)
    assert case.look() == [0, 3]


def test_a_tap_counts_on_any_message(world: World, alice: Tenant) -> None:
    case = Case(world, alice, {"kind": "link", "value": "https://shop.example/"})
    with world.app.app_context(), transaction() as session:
        for place, (url, days) in enumerate(
            [("https://shop.example/", 0), ("https://other.example/", 0),
             ("https://shop.example/", 8), ("https://shop.example/", 0)]
        ):  # fmt: skip
            friend_id, at = case.crowd.friend_ids[place], utcnow() + timedelta(days=days)
            target = LinkTarget(
                official_account_id=alice.account_id, fingerprint=str(place), url=url
            )
            delivery = Delivery(
                official_account_id=alice.account_id, friend_id=friend_id,
                retry_key=f"tap-{place}", messages=[], created_at=utcnow(),
            )  # fmt: skip
            session.add_all([target, delivery])
            session.flush()
            times = {"first_at": at, "last_at": at}
            session.add(LinkClick(delivery_id=delivery.id, link_target_id=target.id, **times))
    assert case.look() == [0, 3]


def test_who_won_a_deal(world: World, alice: Tenant) -> None:
    case = Case(world, alice, {"kind": "deal"})
    late = (utcnow() + timedelta(days=9)).isoformat()
    early = (utcnow() - timedelta(days=1)).isoformat()
    deals: tuple[dict[str, Any], ...] = (
        {"contacts": [case.contact(0), case.contact(3)]},
        {"contacts": [case.contact(1)], "won": False},
        {"contacts": [case.contact(1)], "closed": early},
        {"contacts": [case.contact(2)], "closed": late},
        {"contacts": []},
    )
    for deal in deals:
        world.sandbox.control("POST", "/deals", {"portal": PORTAL, **deal})
    assert case.look() == [0, 3]


def test_deals_need_a_scope_that_may_be_missing(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        installation = db.session.get_one(Installation, alice.installation_id)
        assert missing_scope(installation, "deal") == ""
        with transaction():
            installation.scopes = [scope for scope in installation.scopes if "deals" not in scope]
        assert missing_scope(installation, "deal") == DEALS_SCOPE
        assert missing_scope(installation, "list") == ""


def test_a_look_ends_when_the_days_are_over(world: World, alice: Tenant) -> None:
    case = Case(world, alice, {"kind": "list", "value": make_list(world, []), "days": 2})
    case.look()
    assert case.is_open()
    case.set_times(utcnow() - timedelta(days=3))
    case.look(ahead=25 * 3600)
    assert not case.is_open()
    case.look()
    assert not case.is_open(), "what is over is not begun again"


def test_a_list_that_is_gone_ends_nothing_else(world: World, alice: Tenant) -> None:
    case = Case(world, alice, {"kind": "list", "value": "999999"})
    assert case.look() == []
    assert case.is_open()


def test_a_look_goes_through_many_people_in_steps(
    world: World, alice: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugin.services.broadcasts.goal_looks.BATCH", 1)
    case = Case(world, alice, {"kind": "property", "property": "company", "value": "Acme"})
    for place in (0, 2, 3):
        body = {"portal": PORTAL, "properties": {"company": "Acme"}}
        world.sandbox.control("PATCH", f"/contacts/{case.contact(place)}", body)
    # HubSpot fails once, and the next try goes on where it was.
    world.sandbox.fail("/crm/objects/.*/batch/read", {"status": 500}, times=1)
    assert case.look(ahead=60) == [0, 2, 3]
