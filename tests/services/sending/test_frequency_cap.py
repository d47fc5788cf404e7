"""The frequency cap counts what went out or may have, and two sends at once never both pass."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from plugin.core.clock import utcnow
from plugin.core.retry import retry_key
from plugin.models import ActionCall, Broadcast, Delivery, Recipient, SendingRules, db
from plugin.models.transaction import retried, transaction
from plugin.services.sending.frequency_cap import capped
from tests.support.people import linked
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases


def set_cap(world: World, tenant: Tenant, messages: int | None, days: int = 7) -> None:
    with world.app.app_context(), transaction() as session:
        session.merge(
            SendingRules(
                official_account_id=tenant.account_id,
                cap_messages=messages,
                cap_days=days,
                changed_at=utcnow(),
            )
        )


def add_recipient(tenant: Tenant, friend_id: int, **values: Any) -> None:
    """A recipient of a broadcast of its own, inside the caller's transaction."""
    broadcast = Broadcast(official_account_id=tenant.account_id, name="Sale", created_at=utcnow())
    db.session.add(broadcast)
    db.session.flush()
    db.session.add(Recipient(broadcast_id=broadcast.id, friend_id=friend_id, **values))
    db.session.flush()


def add_delivery(tenant: Tenant, friend_id: int, action: str, **values: Any) -> None:
    number = db.session.query(Delivery).count()
    call = ActionCall(
        installation_id=tenant.installation_id,
        callback_id=f"cap-{number}",
        action=action,
        contact_id=1,
        created_at=utcnow(),
    )
    db.session.add(call)
    db.session.flush()
    db.session.add(
        Delivery(
            official_account_id=tenant.account_id,
            friend_id=friend_id,
            action_call_id=call.id if action else None,
            retry_key=retry_key("cap", number),
            messages=[],
            created_at=utcnow() - timedelta(days=30),
            **values,
        )
    )


def is_capped(tenant: Tenant, friend_id: int) -> bool:
    with transaction():
        return capped(tenant.account_id, [friend_id], utcnow()) == {friend_id}


@pytest.mark.parametrize(
    ("state", "days_ago", "counts"),
    [
        ("sent", 1, True),
        ("sending", 1, True),
        ("unknown", 1, True),
        ("failed", 1, False),
        ("left_out", 1, False),
        ("sent", 8, False),
    ],
)
def test_a_broadcast_counts_once_it_went_out_or_may_have(
    world: World, alice: Tenant, state: str, days_ago: int, counts: bool
) -> None:
    friend_id, _ = linked(world, alice)
    set_cap(world, alice, 1)
    with world.app.app_context():
        with transaction():
            claimed_at = utcnow() - timedelta(days=days_ago)
            add_recipient(alice, friend_id, state=state, claimed_at=claimed_at)
        assert is_capped(alice, friend_id) == counts


@pytest.mark.parametrize(
    ("action", "state", "days_ago", "counts"),
    [
        ("send-message", "accepted", 1, True),
        ("send-message", "accepted", 8, False),
        ("send-message", "unknown", 1, True),
        ("send-message", "refused", 1, False),
        ("send-message", "planned", None, True),
        ("send-message", "sending", None, True),
        ("ask-question", "accepted", 1, False),
        ("", "accepted", 1, False),
    ],
)
def test_a_workflows_message_counts_and_questions_and_test_sends_do_not(
    world: World, alice: Tenant, action: str, state: str, days_ago: int | None, counts: bool
) -> None:
    friend_id, _ = linked(world, alice)
    set_cap(world, alice, 1)
    settled_at = utcnow() - timedelta(days=days_ago) if days_ago else None
    with world.app.app_context():
        with transaction():
            add_delivery(alice, friend_id, action, state=state, settled_at=settled_at)
        assert is_capped(alice, friend_id) == counts


def test_both_kinds_add_up_and_an_account_without_a_cap_has_none(
    world: World, alice: Tenant
) -> None:
    friend_id, _ = linked(world, alice)
    with world.app.app_context():
        with transaction():
            now = utcnow()
            add_recipient(alice, friend_id, state="sent", claimed_at=now)
            add_delivery(alice, friend_id, "send-message", state="accepted", settled_at=now)
        assert not is_capped(alice, friend_id)
        for most, reached in ((3, False), (2, True), (None, False)):
            set_cap(world, alice, most)
            db.session.expire_all()
            assert is_capped(alice, friend_id) == reached


def test_two_sends_at_once_never_both_take_the_last_place(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    set_cap(world, alice, 1)
    start, passed = threading.Barrier(4), []

    @retried
    def claim() -> None:
        with transaction():
            if not capped(alice.account_id, [friend_id], utcnow()):
                add_recipient(alice, friend_id, state="sending", claimed_at=utcnow())
                passed.append(1)

    def race() -> None:
        with world.app.app_context():
            start.wait(10)
            claim()

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(passed) == 1
