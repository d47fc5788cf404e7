"""Who a broadcast goes to: frozen at one moment, read from HubSpot or uploaded, divided by hash."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from plugin.core.broadcasts.buckets import bucket, global_bucket
from plugin.core.broadcasts.shares import share_of, shares
from plugin.core.clock import utcnow
from plugin.models import (
    AudienceMember,
    Broadcast,
    Delivery,
    Friend,
    LinkClick,
    LinkTarget,
    Multicast,
    Recipient,
    db,
)
from plugin.models.broadcasts.recipient_search import RecipientFilter
from plugin.models.transaction import transaction
from plugin.services.broadcasts.audience import begin_reading, read_upload
from plugin.services.broadcasts.drafts import save_draft
from plugin.services.broadcasts.freeze import freeze
from plugin.services.broadcasts.job.sweep import sweep_broadcasts
from plugin.services.broadcasts.preflight import preflight
from plugin.services.broadcasts.recipients import (
    again_to_silent,
    list_recipients,
    settle_unknown,
)
from plugin.services.broadcasts.start import pause, resume
from tests.services.broadcasts.planned import (
    NOW,
    TEXT,
    arrived,
    begin,
    draft,
    found,
    sent,
    set_rules,
    states,
)
from tests.support.crowd import SINCE, gather
from tests.support.world import ALICE, PORTAL, Tenant, World, own_sql

pytestmark = pytest.mark.both_databases
VARIANTS = ({**TEXT, "text": "A"}, {**TEXT, "text": "B"}, {**TEXT, "text": "C"})


def test_the_hash_of_sql_is_the_hash_of_python(world: World, alice: Tenant) -> None:
    gather(world, alice, 300, contacts=False)
    set_rules(world, alice, holdout_percent=10)
    broadcast_id = draft(world, alice, *VARIANTS, holdout_percent=20, split_percent=30)
    begin(world, broadcast_id)
    with world.app.app_context():
        freeze(broadcast_id, "sending")
        divided = shares(3, 20, 30)
        seen = set()
        for row in db.session.scalars(select(Recipient)):
            assert row.friend_id is not None
            assert row.bucket == bucket(broadcast_id, row.friend_id)
            share = share_of(row.bucket, divided)
            held_out = share.held_out or global_bucket(row.friend_id) < 1000
            assert row.state == ("held_out" if held_out else "waiting")
            assert row.variant == (None if held_out else share.variant)
            seen.add(row.variant)
        assert seen == {None, 0, 1, 2}


def test_whoever_comes_after_the_freeze_gets_nothing(world: World, alice: Tenant) -> None:
    gather(world, alice, 3, contacts=False)
    broadcast_id = sent(world, alice, per_minute=1)
    gather(world, alice, 2, contacts=False)
    for _ in range(4):
        world.work(ahead=70)
        with world.app.app_context(), transaction():
            found(broadcast_id).sending_since = utcnow() - timedelta(minutes=9)
    assert states(world, broadcast_id) == {("sent", ""): 3}


def hubspot_list(world: World, contact_ids: list[int]) -> str:
    body = {"portal": PORTAL, "name": "VIP", "contact_ids": contact_ids}
    return str(world.sandbox.control("POST", "/lists", body)["listId"])


def test_a_hubspot_list_is_read_and_frozen(world: World, alice: Tenant) -> None:
    crowd = gather(world, alice, 3)
    linked = [int(one) for one in crowd.contact_ids]
    list_id = hubspot_list(world, [*linked[:2], ALICE])
    broadcast_id = draft(world, alice, audience="list", list_id=list_id)
    with world.app.app_context():
        begin_reading(found(broadcast_id))
    world.work()
    with world.app.app_context():
        check = preflight(found(broadcast_id))
        assert (check.chosen, check.reach, check.left_out) == (3, 2, {"not_linked": 1})
        assert check.problems == []
    begin(world, broadcast_id)
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 2, ("left_out", "not_linked"): 1}
    with world.app.app_context():
        stranger = list_recipients(found(broadcast_id), RecipientFilter(reason="not_linked"))
        assert [(row.recipient.contact_id, row.friend) for row in stranger] == [(ALICE, None)]
        assert db.session.scalar(select(AudienceMember.id)) is None


def test_hubspot_away_while_it_is_read_waits_and_says_so(world: World, alice: Tenant) -> None:
    crowd = gather(world, alice, 2)
    list_id = hubspot_list(world, [int(one) for one in crowd.contact_ids])
    world.sandbox.fail("memberships", {"status": 503})
    broadcast_id = sent(world, alice, audience="list", list_id=list_id)
    with world.app.app_context():
        broadcast = found(broadcast_id)
        assert (broadcast.state, broadcast.reason) == ("sending", "hubspot_away")
    world.sandbox.control("DELETE", "/faults")
    world.work(ahead=600)
    assert states(world, broadcast_id) == {("sent", ""): 2}


def test_a_list_that_is_gone_sends_nothing(world: World, alice: Tenant) -> None:
    gather(world, alice, 2)
    broadcast_id = sent(world, alice, audience="list", list_id="404404")
    with world.app.app_context():
        broadcast = found(broadcast_id)
        assert (broadcast.state, broadcast.reason) == ("draft", "list_gone")
        assert broadcast.error


def test_an_upload_counts_its_garbage(world: World, alice: Tenant) -> None:
    crowd = gather(world, alice, 4)
    with world.app.app_context():
        users = [db.session.get_one(Friend, one).line_user_id for one in crowd.friend_ids]
    lines = [
        "Person,Note",
        f"{users[0]},first",
        f"{users[0]},again",
        crowd.contact_ids[1],
        "U" + "0" * 32,
        "nobody@example.com",
        "what is this",
        "99999999999999999999999",
        "",
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ]
    broadcast_id = draft(world, alice)
    with world.app.app_context():
        uploaded = read_upload(world.account(alice), "\r\n".join(lines).encode())
        save_draft(found(broadcast_id), {}, uploaded=uploaded)
        report = {"lines": 8, "invalid": 3, "unknown": 2, "repeated": 1}
        assert found(broadcast_id).upload == uploaded.report == report
    begin(world, broadcast_id)
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 2}
    assert arrived(world)["users"] == 2


def test_a_budget_keeps_those_who_are_likeliest_to_tap(world: World, alice: Tenant) -> None:
    crowd = gather(world, alice, 6, contacts=False)
    tapper, writer, newcomer = crowd.friend_ids[1], crowd.friend_ids[3], crowd.friend_ids[4]
    now = utcnow()
    with world.app.app_context(), transaction() as session:
        delivery = Delivery(official_account_id=alice.account_id, friend_id=tapper, retry_key="k",
                            messages=[], state="accepted", created_at=NOW)  # fmt: skip
        target = LinkTarget(official_account_id=alice.account_id, fingerprint="f", url="x")
        session.add_all([delivery, target])
        session.flush()
        session.add(LinkClick(delivery_id=delivery.id, link_target_id=target.id, first_at=NOW,
                              last_at=NOW, count=1))  # fmt: skip
        for friend_id, values in (
            (writer, {"last_received_at": now - timedelta(days=2)}),
            (newcomer, {"status_since": now - timedelta(days=3)}),
        ):
            session.execute(update(Friend).where(Friend.id == friend_id).values(values))
    broadcast_id = sent(world, alice, budget=3)
    assert states(world, broadcast_id) == {("sent", ""): 3, ("left_out", "budget"): 3}
    with world.app.app_context():
        chosen = select(Recipient.friend_id).where(Recipient.state == "sent")
        assert set(db.session.scalars(chosen)) == {tapper, writer, newcomer}


def test_again_goes_to_those_who_tapped_nothing(world: World, alice: Tenant) -> None:
    crowd = gather(world, alice, 3)
    broadcast_id = sent(world, alice, {**TEXT, "text": "{{ contact.email }} https://a.example"})
    with world.app.app_context():
        rows = list_recipients(found(broadcast_id), RecipientFilter(state="sent"))
        assert [row.friend.id for row in rows if row.friend] == crowd.friend_ids
        with transaction() as session:
            target = LinkTarget(official_account_id=alice.account_id, fingerprint="f", url="x")
            session.add(target)
            session.flush()
            delivery_id = rows[0].recipient.delivery_id
            session.add(LinkClick(delivery_id=delivery_id, link_target_id=target.id, first_at=NOW,
                                  last_at=NOW, count=1))  # fmt: skip
        tapped = list_recipients(found(broadcast_id), RecipientFilter(tapped=True))
        assert [row.friend.id for row in tapped if row.friend] == crowd.friend_ids[:1]
        copy = again_to_silent(found(broadcast_id), "Reminder")
        assert copy is not None
        save_draft(found(copy.id), {"name": "Reminder"})
        assert preflight(found(copy.id)).reach == 2


def test_the_check_says_what_is_unusual_and_what_the_quota_holds(
    world: World, alice: Tenant
) -> None:
    gather(world, alice, 40, contacts=False)
    set_rules(world, alice, approval_above=30)
    broadcast_id = draft(world, alice, holdout_percent=50)
    with world.app.app_context():
        with transaction() as session:
            world.account(alice).quota_limit, world.account(alice).quota_used = 100, 95
            for total in (4, 5, 6):
                session.add(Broadcast(official_account_id=alice.account_id, name="Old",
                                      state="finished", total=total, created_at=SINCE,
                                      frozen_at=SINCE, first_sent_at=SINCE))  # fmt: skip
        check = preflight(found(broadcast_id), seen=4)
        assert check.reach + check.held_out == check.chosen == 40
        assert 5 < check.held_out < 35
        assert (check.quota_left, check.quota_is_short) == (5, True)
        assert (check.usual, check.is_unusual, check.grew) == (5, True, True)
        assert not check.needs_approval
        save_draft(found(broadcast_id), {"holdout_percent": 0, "budget": 35})
        check = preflight(found(broadcast_id))
        assert (check.reach, check.left_out, check.needs_approval) == (35, {"budget": 5}, True)


def test_a_check_takes_few_statements(world: World, alice: Tenant) -> None:
    gather(world, alice, 30)
    broadcast_id = draft(world, alice)
    with world.app.app_context():
        broadcast = found(broadcast_id)
        with own_sql(world) as statements:
            preflight(broadcast)
    assert len(statements) <= 10, [each[:80] for each in statements]


def test_after_a_day_an_open_multicast_is_unknown_though_it_is_paused(
    world: World, alice: Tenant
) -> None:
    gather(world, alice, 3, contacts=False)
    world.sandbox.fail("multicast$", "lost", times=2)
    broadcast_id = sent(world, alice)
    with world.app.app_context():
        pause(found(broadcast_id))
        with transaction() as session:
            old = utcnow() - timedelta(hours=25)
            session.execute(update(Multicast).values(first_tried_at=old))
        sweep_broadcasts()
    assert states(world, broadcast_id) == {("unknown", ""): 3}
    with world.app.app_context():
        ids = list(db.session.scalars(select(Recipient.id)))
        assert settle_unknown(found(broadcast_id), was_sent=False, recipient_ids=ids[:1]) == 1
        assert settle_unknown(found(broadcast_id), was_sent=True) == 2
        resume(found(broadcast_id))
    world.work()
    assert states(world, broadcast_id) == {("failed", "not_sent"): 1, ("sent", ""): 2}
    with world.app.app_context():
        assert found(broadcast_id).state == "finished"
