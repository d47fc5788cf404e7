"""Results: taps, writers, blocks and goals of each variant, beside those held out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugin.core.clock import utcnow
from plugin.core.retry import retry_key
from plugin.models import (
    Broadcast,
    Delivery,
    GoalHit,
    LinkClick,
    LinkTarget,
    Recipient,
    SendingRules,
    StatusChange,
    Tally,
    Variant,
    db,
)
from plugin.models.transaction import transaction
from plugin.services.broadcasts.results import Group, Results, results_of
from tests.support.crowd import gather
from tests.support.people import friend_of
from tests.support.world import Tenant, World, own_sql

pytestmark = pytest.mark.both_databases
SENT_AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def make_broadcast(tenant: Tenant, sent: dict[int, int], held_out: list[int], **values: Any) -> int:
    """A finished broadcast: `sent` has the variant of each friend. Inside a transaction."""
    broadcast = Broadcast(
        official_account_id=tenant.account_id,
        name="Sale",
        state="finished",
        created_at=SENT_AT,
        first_sent_at=SENT_AT,
        total=len(sent) + len(held_out) + 1,
        **values,
    )
    db.session.add(broadcast)
    db.session.flush()
    for number in sorted(set(sent.values())):
        db.session.add(Variant(broadcast_id=broadcast.id, number=number))
        count = list(sent.values()).count(number)
        _tally(broadcast.id, number, "sent", "", count)
    for friend_id, number in sent.items():
        delivery = Delivery(
            official_account_id=tenant.account_id,
            friend_id=friend_id,
            broadcast_id=broadcast.id,
            retry_key=retry_key("results", broadcast.id, friend_id),
            messages=[],
            created_at=SENT_AT,
        )
        db.session.add(delivery)
        db.session.flush()
        db.session.add(
            Recipient(
                broadcast_id=broadcast.id,
                friend_id=friend_id,
                variant=number,
                state="sent",
                delivery_id=delivery.id,
                claimed_at=SENT_AT,
            )
        )
    for friend_id in held_out:
        db.session.add(
            Recipient(broadcast_id=broadcast.id, friend_id=friend_id, variant=0, state="held_out")
        )
    _tally(broadcast.id, 0, "held_out", "", len(held_out))
    _tally(broadcast.id, 0, "left_out", "blocked", 1)
    db.session.flush()
    return broadcast.id


def _tally(broadcast_id: int, variant: int, state: str, reason: str, count: int) -> None:
    values = {"variant": variant, "state": state, "reason": reason, "count": count}
    db.session.add(Tally(broadcast_id=broadcast_id, **values))


def tap(
    tenant: Tenant, broadcast_id: int, friend_id: int, url: str, count: int, own: bool = False
) -> None:
    fingerprint = f"{url} {friend_id if own else ''}"
    target = db.session.query(LinkTarget).filter_by(fingerprint=fingerprint).one_or_none()
    if target is None:
        target = LinkTarget(
            official_account_id=tenant.account_id,
            fingerprint=fingerprint,
            url=url,
            friend_id=friend_id if own else None,
        )
        db.session.add(target)
        db.session.flush()
    recipient = (
        db.session.query(Recipient).filter_by(broadcast_id=broadcast_id, friend_id=friend_id).one()
    )
    times = {"first_at": SENT_AT, "last_at": SENT_AT}
    assert recipient.delivery_id
    db.session.add(
        LinkClick(delivery_id=recipient.delivery_id, link_target_id=target.id, count=count, **times)
    )


def read(broadcast_id: int) -> Results:
    return results_of(db.session.get_one(Broadcast, broadcast_id))


def test_what_came_of_each_variant(world: World, alice: Tenant) -> None:
    people = gather(world, alice, 6, contacts=False).friend_ids
    a1, a2, b1, b2, kept, kept_too = people
    with world.app.app_context():
        with transaction() as session:
            number = make_broadcast(
                alice,
                {a1: 0, a2: 0, b1: 1, b2: 1},
                [kept, kept_too],
                goal={"kind": "link", "days": 7},
                used_before=9,
            )
            tap(alice, number, a1, "https://shop.example/a", 3)
            tap(alice, number, a1, "https://shop.example/b", 1)
            tap(alice, number, a2, "https://shop.example/a", 1)
            tap(alice, number, b1, "https://shop.example/?for=b1", 1, own=True)
            friend_of(b2).last_received_at = SENT_AT + timedelta(hours=3)
            friend_of(a1).last_received_at = SENT_AT - timedelta(hours=3)
            for friend_id, status, hours in (
                (a1, "blocked", 23), (a2, "blocked", 25), (b1, "blocked", -1), (b1, "following", 2),
                (b2, "blocked", 24 * 7 + 1), (kept, "blocked", 1), (kept, "blocked", 2),
            ):  # fmt: skip
                at = SENT_AT + timedelta(hours=hours)
                session.add(StatusChange(friend_id=friend_id, status=status, at=at))
            for friend_id in (a1, a2, kept):
                session.add(GoalHit(broadcast_id=number, friend_id=friend_id, at=SENT_AT))
            session.add(
                SendingRules(
                    official_account_id=alice.account_id,
                    free_messages=10,
                    price_milli=3000,
                    changed_at=utcnow(),
                )
            )
        results = read(number)
    assert results.total == sum(results.sums.values()) == 7
    assert results.sums == {("sent", ""): 4, ("held_out", ""): 2, ("left_out", "blocked"): 1}
    assert results.groups == (
        Group(0, 2, 2, 5, 0, 1, 2, 2, None),
        Group(1, 2, 1, 1, 1, 0, 0, 0, None),
    )
    assert results.held_out == Group(-1, 2, 0, 0, 0, 1, 1, 1, None)
    assert results.links == (
        (0, "https://shop.example/a", 4, 2),
        (1, "", 1, 1),
        (0, "https://shop.example/b", 1, 1),
    )
    assert results.lift is not None
    assert (results.lift.first, results.lift.second, results.lift.is_clear) == (0.5, 0.5, False)
    assert results.cost is not None
    assert (results.cost.free, results.cost.milli) == (1, 9000)


def test_without_a_plan_a_goal_or_a_holdout_nothing_is_said_of_them(
    world: World, alice: Tenant
) -> None:
    (friend_id,) = gather(world, alice, 1, contacts=False).friend_ids
    with world.app.app_context():
        with transaction():
            number = make_broadcast(alice, {friend_id: 0}, [])
        results = read(number)
    assert (results.lift, results.cost, results.held_out) == (None, None, None)


def test_the_statements_do_not_grow_with_the_people(world: World, alice: Tenant) -> None:
    counts = []
    with world.app.app_context():
        for size in (2, 30):
            people = gather(world, alice, size, contacts=False).friend_ids
            with transaction():
                number = make_broadcast(alice, dict.fromkeys(people, 0), [])
            broadcast = db.session.get_one(Broadcast, number)
            with own_sql(world) as statements:
                results_of(broadcast)
            counts.append(len(statements))
    assert counts[0] <= 10
    assert counts[1] <= counts[0]
