"""A broadcast reaches everybody exactly once, in as few calls as possible."""

import pytest
from sqlalchemy import delete, select, update

from plugin.models import Contact, Delivery, Friend, Linkage, Multicast, Recipient, db
from plugin.models.transaction import transaction
from plugin.services.broadcasts.audience import read_upload
from plugin.services.broadcasts.drafts import save_draft
from plugin.services.broadcasts.freeze import freeze
from plugin.services.broadcasts.start import resume
from tests.services.broadcasts.planned import (
    PERSONAL,
    TEXT,
    arrived,
    begin,
    draft,
    found,
    sent,
    set_rules,
    states,
    texts,
)
from tests.support.crowd import gather
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases
MULTICAST = "message/multicast$"


def test_one_text_goes_out_in_multicasts_of_500(world: World, alice: Tenant) -> None:
    gather(world, alice, 1001, contacts=False)
    broadcast_id = sent(world, alice)
    assert states(world, broadcast_id) == {("sent", ""): 1001}
    assert arrived(world)["users"] == arrived(world)["count"] == 1001
    with world.app.app_context():
        sizes = list(db.session.scalars(select(Multicast.size).order_by(Multicast.id)))
        assert sizes == [500, 500, 1]
        broadcast = found(broadcast_id)
        assert (broadcast.state, broadcast.total) == ("finished", 1001)
        assert set(db.session.scalars(select(Friend.last_result))) == {"sent"}
        assert db.session.scalar(select(Delivery.id)) is None


def test_personal_words_go_out_in_a_push_each(world: World, alice: Tenant) -> None:
    crowd = gather(world, alice, 5)
    broadcast_id = sent(world, alice, PERSONAL)
    assert states(world, broadcast_id) == {("sent", ""): 5}
    assert set(texts(world)) == {f"Hello u{n}@example.com" for n in range(1, 6)}
    with world.app.app_context():
        assert set(db.session.scalars(select(Delivery.broadcast_id))) == {broadcast_id}
        assert len(set(db.session.scalars(select(Recipient.delivery_id)))) == len(crowd.friend_ids)
        assert set(db.session.scalars(select(Contact.push_pending))) == {False}


def test_who_misses_a_value_is_left_out_alone(world: World, alice: Tenant) -> None:
    crowd = gather(world, alice, 3)
    path = f"/contacts/{crowd.contact_ids[1]}"
    world.sandbox.control("PATCH", path, {"properties": {"email": ""}})
    broadcast_id = sent(world, alice, PERSONAL)
    assert states(world, broadcast_id) == {("sent", ""): 2, ("left_out", "missing_value"): 1}
    with world.app.app_context():
        claimed = select(Recipient.friend_id).where(Recipient.claimed_at.is_(None))
        assert list(db.session.scalars(claimed)) == [crowd.friend_ids[1]]


def test_tracked_links_are_everybodys_own(world: World, alice: Tenant) -> None:
    gather(world, alice, 3, contacts=False)
    link = {"type": "uri", "label": "Shop", "uri": "https://shop.example.com/"}
    template = {"type": "buttons", "text": "Sale", "actions": [link]}
    sent(world, alice, {"type": "template", "altText": "Sale", "template": template})
    rows = world.sandbox.control("GET", "/deliveries")["deliveries"]
    urls = {row["messages"][0]["template"]["actions"][0]["uri"] for row in rows}
    assert len(urls) == 3
    assert all(url.startswith(f"{world.url}/r/") for url in urls)


def test_who_blocks_or_is_gone_since_the_freeze_is_left_out(world: World, alice: Tenant) -> None:
    crowd = gather(world, alice, 4, contacts=False)
    broadcast_id = draft(world, alice, per_minute=1)
    begin(world, broadcast_id)
    world.work()
    with world.app.app_context(), transaction() as session:
        blocked = update(Friend).where(Friend.id == crowd.friend_ids[1])
        session.execute(blocked.values(status="blocked"))
        erased = update(Friend).where(Friend.id == crowd.friend_ids[2])
        session.execute(erased.values(line_user_id=f"erased:{crowd.friend_ids[2]}"))
        session.execute(update(Recipient).values(bucket=0))
    with world.app.app_context(), transaction():
        found(broadcast_id).per_minute = None
    world.work(ahead=60)
    assert states(world, broadcast_id) == {
        ("sent", ""): 2,
        ("left_out", "blocked"): 1,
        ("left_out", "forgotten"): 1,
    }
    assert arrived(world)["users"] == 2


def test_a_friend_of_unknown_status_is_looked_up_first(world: World, alice: Tenant) -> None:
    crowd = gather(world, alice, 2, contacts=False)
    broadcast_id = draft(world, alice)
    begin(world, broadcast_id)
    stranger = "U" + "9" * 32
    with world.app.app_context():
        freeze(broadcast_id, "sending")
        with transaction() as session:
            session.execute(update(Friend).values(status="unknown"))
            gone = update(Friend).where(Friend.id == crowd.friend_ids[0])
            session.execute(gone.values(line_user_id=stranger))
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 1, ("left_out", "not_friend"): 1}


@pytest.mark.parametrize("effect", ["lost", "drop", {"status": 500}])
def test_a_lost_answer_is_repeated_under_its_key(
    world: World, alice: Tenant, effect: object
) -> None:
    gather(world, alice, 700, contacts=False)
    world.sandbox.fail(MULTICAST, effect, times=2)
    broadcast_id = sent(world, alice)
    for _ in range(4):
        world.work(ahead=10)
    assert states(world, broadcast_id) == {("sent", ""): 700}
    summary = arrived(world)
    assert (summary["count"], summary["users"], summary["duplicates"]) == (700, 700, 0)
    with world.app.app_context():
        assert found(broadcast_id).failures_in_row == 0


def test_an_id_that_line_does_not_know_is_dropped(world: World, alice: Tenant) -> None:
    crowd = gather(world, alice, 20, contacts=False)
    strangers = crowd.friend_ids[3:17:4]
    with world.app.app_context(), transaction() as session:
        for number, friend_id in enumerate(strangers):
            statement = update(Friend).where(Friend.id == friend_id)
            session.execute(statement.values(line_user_id=f"U{number:032x}"))
    broadcast_id = sent(world, alice)
    assert states(world, broadcast_id) == {
        ("sent", ""): 16,
        ("left_out", "wrong_provider"): 4,
    }
    assert arrived(world)["count"] == 16
    with world.app.app_context():
        keys = list(db.session.scalars(select(Multicast.retry_key)))
        # One names the first, one the second; then LINE is asked about all.
        assert len(keys) == len(set(keys)) == 3


def test_five_failures_in_a_row_pause_it_and_a_resume_goes_on(world: World, alice: Tenant) -> None:
    gather(world, alice, 30, contacts=False)
    world.sandbox.fail(MULTICAST, {"status": 500, "body": {"message": "Out of order"}}, times=5)
    broadcast_id = sent(world, alice)
    for _ in range(5):
        world.work(ahead=60)
    with world.app.app_context():
        broadcast = found(broadcast_id)
        assert (broadcast.state, broadcast.reason) == ("paused", "failures")
        assert broadcast.error == "Out of order"
        resume(broadcast)
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 30}
    assert arrived(world)["count"] == 30


def test_a_message_that_line_refuses_pauses_it_with_nobody_lost(
    world: World, alice: Tenant
) -> None:
    gather(world, alice, 3, contacts=False)
    refused = {"message": "The request body has 1 error(s)", "details": [
        {"message": "May not be empty", "property": "messages[0].text"}]}  # fmt: skip
    world.sandbox.fail(MULTICAST, {"status": 400, "body": refused}, times=1)
    broadcast_id = sent(world, alice)
    with world.app.app_context():
        broadcast = found(broadcast_id)
        assert (broadcast.state, broadcast.reason) == ("paused", "message_refused")
        assert "May not be empty" in broadcast.error
    assert states(world, broadcast_id) == {("waiting", ""): 3}


def test_whoever_lost_the_linkage_that_was_asked_for_is_left_out(
    world: World, alice: Tenant
) -> None:
    crowd = gather(world, alice, 3)
    broadcast_id = draft(world, alice, audience="upload")
    with world.app.app_context():
        file = "\n".join([*crowd.contact_ids, "149999999999"]).encode()
        uploaded = read_upload(world.account(alice), file)
        assert uploaded.report["lines"] == 4
        save_draft(found(broadcast_id), {}, uploaded=uploaded)
    begin(world, broadcast_id)
    with world.app.app_context():
        freeze(broadcast_id, "sending")
        with transaction() as session:
            gone = Linkage.friend_id == crowd.friend_ids[0]
            session.execute(delete(Linkage).where(gone))
    world.work()
    assert states(world, broadcast_id) == {
        ("sent", ""): 2,
        ("left_out", "unlinked"): 1,
        ("left_out", "not_linked"): 1,
    }


def test_two_broadcasts_at_once_never_pass_the_cap(world: World, alice: Tenant) -> None:
    gather(world, alice, 40, contacts=False)
    set_rules(world, alice, cap_messages=1, cap_days=7)
    ids = [draft(world, alice, {**TEXT, "text": name}) for name in ("A", "B")]
    for broadcast_id in ids:
        begin(world, broadcast_id)
    world.work()
    counted = [states(world, broadcast_id) for broadcast_id in ids]
    assert sum(states.get(("sent", ""), 0) for states in counted) == 40
    assert sum(states.get(("left_out", "frequency_cap"), 0) for states in counted) == 40
    assert arrived(world)["count"] == arrived(world)["users"] == 40
    override = sent(world, alice, cap_override="Recall of a product")
    assert states(world, override) == {("sent", ""): 40}
