"""Variants: a clear winner goes to the rest, without one a person is asked; all take turns."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from plugin.core.broadcasts.buckets import bucket
from plugin.core.clock import utcnow
from plugin.models import Delivery, LinkClick, LinkTarget, Multicast, Recipient, db
from plugin.models.transaction import transaction
from plugin.services.broadcasts.split import choose_winner
from tests.services.broadcasts.planned import (
    NOW,
    PERSONAL,
    TEXT,
    begin,
    draft,
    found,
    sent,
    state_of,
    states,
    texts,
)
from tests.support.crowd import gather
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases

VARIANTS = ({**PERSONAL, "text": "A {{ contact.email }}"},
            {**PERSONAL, "text": "B {{ contact.email }}"})  # fmt: skip


def tap(world: World, tenant: Tenant, broadcast_id: int, variant: int, share: int) -> None:
    """`share` percent of a variant's people tap a link."""
    with world.app.app_context(), transaction() as session:
        target = LinkTarget(official_account_id=tenant.account_id, fingerprint=str(variant),
                            url="x")  # fmt: skip
        session.add(target)
        session.flush()
        got = select(Recipient.delivery_id).where(
            Recipient.broadcast_id == broadcast_id, Recipient.variant == variant,
            Recipient.state == "sent",
        )  # fmt: skip
        ids = list(session.scalars(got.order_by(Recipient.id)))
        for delivery_id in ids[: len(ids) * share // 100]:
            session.add(LinkClick(delivery_id=delivery_id, link_target_id=target.id,
                                  first_at=NOW, last_at=NOW, count=1))  # fmt: skip


def hours_pass(world: World, broadcast_id: int) -> None:
    with world.app.app_context(), transaction():
        found(broadcast_id).first_sent_at = utcnow() - timedelta(hours=5)
    world.work(ahead=5 * 3600)


@pytest.mark.slow
def test_the_clear_winner_of_a_split_test_goes_to_the_rest(world: World, alice: Tenant) -> None:
    gather(world, alice, 500)
    broadcast_id = sent(world, alice, *VARIANTS, split_percent=50)
    tested = states(world, broadcast_id)["sent", ""]
    assert 200 < tested < 300
    assert state_of(world, broadcast_id) == ("sending", "split_test")
    first = texts(world)
    for variant, share in ((0, 10), (1, 60)):
        tap(world, alice, broadcast_id, variant, share)
    hours_pass(world, broadcast_id)
    assert states(world, broadcast_id) == {("sent", ""): 500}
    assert {text[0] for text in (texts(world) - first)} == {"B"}
    with world.app.app_context():
        assert (found(broadcast_id).winner, found(broadcast_id).winner_by) == (1, "musubi")


def test_no_difference_asks_a_person(world: World, alice: Tenant) -> None:
    gather(world, alice, 60)
    broadcast_id = sent(world, alice, *VARIANTS, split_percent=50)
    for variant, share in ((0, 10), (1, 90)):
        tap(world, alice, broadcast_id, variant, share)
    # Clear as it is, nothing is chosen by itself below a hundred people a variant.
    hours_pass(world, broadcast_id)
    assert state_of(world, broadcast_id) == ("paused", "no_winner")
    before = texts(world)
    with world.app.app_context():
        choose_winner(found(broadcast_id), 0, "alice@example.com")
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 60}
    assert {text[0] for text in (texts(world) - before)} == {"A"}


def test_a_split_test_without_anybody_in_it_asks_a_person(world: World, alice: Tenant) -> None:
    crowd = gather(world, alice, 2)
    broadcast_id = draft(world, alice, *VARIANTS, split_percent=1)
    while any(bucket(broadcast_id, friend_id) < 100 for friend_id in crowd.friend_ids):
        broadcast_id = draft(world, alice, *VARIANTS, split_percent=1)
    begin(world, broadcast_id)
    world.work()
    assert state_of(world, broadcast_id) == ("paused", "no_test")
    with world.app.app_context():
        choose_winner(found(broadcast_id), 1, "alice@example.com")
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 2}
    assert {text[0] for text in texts(world)} == {"B"}


def test_variants_go_out_in_turn(world: World, alice: Tenant) -> None:
    gather(world, alice, 2100, contacts=False)
    plain = ({**TEXT, "text": "A"}, {**TEXT, "text": "B"})
    broadcast_id = sent(world, alice, *plain)
    assert states(world, broadcast_id) == {("sent", ""): 2100}
    with world.app.app_context():
        order = list(db.session.scalars(select(Multicast.variant).order_by(Multicast.id)))
        # Those of a round are under way together.
        assert set(order[:4]) == {0, 1}
        assert len(order) <= 6
        assert db.session.scalar(select(Delivery.id)) is None
