"""After the send: the winner, unknown outcomes, a list in HubSpot, and once more to the silent."""

import re
from datetime import timedelta

from plugin.core.clock import utcnow
from plugin.models import (
    AudienceMember,
    Broadcast,
    Delivery,
    LinkClick,
    LinkTarget,
    ListExport,
    Recipient,
    db,
)
from plugin.models.broadcasts.tally import recount
from plugin.models.transaction import transaction
from tests.support.world import Tenant, World
from tests.web.broadcasts.drafts import HELLO, begin, kept, post, written
from tests.web.broadcasts.test_sending import send, states, two_friends
from tests.web.pages import marks


def sent(world: World, tenant: Tenant) -> str:
    """A finished broadcast to two friends; answers its path."""
    two_friends(world, tenant)
    path = written(world, tenant)
    send(tenant, path, 2)
    world.work()
    tenant.walker.go(f"{world.url}{path}")
    return path


def one_taps(world: World, tenant: Tenant) -> None:
    """The first recipient has tapped a link, as a push with a button would have it."""
    with world.app.app_context(), transaction() as session:
        recipient = db.session.scalars(db.select(Recipient).order_by(Recipient.id)).first()
        assert recipient is not None
        target = LinkTarget(
            official_account_id=tenant.account_id, fingerprint="f" * 64, url="https://example.com/"
        )
        delivery = Delivery(
            official_account_id=tenant.account_id, friend_id=recipient.friend_id, retry_key="tap",
            broadcast_id=recipient.broadcast_id, messages=[], created_at=utcnow(),
        )  # fmt: skip
        session.add_all([target, delivery])
        session.flush()
        recipient.delivery_id = delivery.id
        click = LinkClick(delivery_id=delivery.id, link_target_id=target.id)
        click.first_at = click.last_at = utcnow()
        session.add(click)


def test_once_more_goes_to_those_who_did_not_tap(world: World, alice: Tenant) -> None:
    path = sent(world, alice)
    one_taps(world, alice)
    page = alice.walker.go(f"{world.url}{path}")
    assert re.search(r'result-tapped"><a[^>]*>1<', page.html)
    page = post(alice.walker, f"{path}/again")
    assert page.url.endswith("/what")
    assert "did not tap" in page.text
    with world.app.app_context():
        assert len(db.session.scalars(db.select(AudienceMember)).all()) == 1
        newest = db.session.scalars(db.select(Broadcast).order_by(Broadcast.id.desc())).first()
        assert newest is not None
        assert (newest.state, newest.name) == ("draft", "Spring sale, once more")
    page = alice.walker.go(page.url.replace("/what", "/check"))
    assert "Send to 1 friend" in page.text
    assert "Got “Spring sale” and did not tap" in page.text


def test_nobody_is_left_where_everybody_tapped(world: World, alice: Tenant) -> None:
    path = sent(world, alice)
    with world.app.app_context(), transaction() as session:
        for row in session.scalars(db.select(Recipient)).all()[1:]:
            row.state = "failed"
        session.flush()
        recount(row.broadcast_id)
    one_taps(world, alice)
    page = post(alice.walker, f"{path}/again")
    assert "nobody is left to send to" in page.text
    with world.app.app_context():
        assert db.session.query(Broadcast).count() == 1


def test_unknown_outcomes_are_settled_by_hand(world: World, alice: Tenant) -> None:
    path = sent(world, alice)
    with world.app.app_context(), transaction():
        rows = db.session.scalars(db.select(Recipient).order_by(Recipient.id)).all()
        for row in rows:
            row.state = "unknown"
        db.session.flush()
        recount(rows[0].broadcast_id)
        first = rows[0].id
    page = alice.walker.go(f"{world.url}{path}")
    assert "unknown" in marks(page)
    page = alice.walker.go(f"{world.url}{path}/recipients?state=unknown")
    assert "settle" in marks(page)
    page = post(alice.walker, f"{path}/settle", which="ticked", outcome="sent")
    assert "Tick the people" in page.text
    post(alice.walker, f"{path}/settle", which="ticked", outcome="sent", recipient=str(first))
    assert states(world) == {"sent": 1, "unknown": 1}
    post(alice.walker, f"{path}/settle", which="all", outcome="failed")
    assert states(world) == {"sent": 1, "failed": 1}


def test_a_list_in_hubspot_is_made_of_recipients(world: World, alice: Tenant) -> None:
    path = sent(world, alice)
    alice.walker.go(f"{world.url}{path}/recipients?state=sent")
    page = post(alice.walker, f"{path}/recipients/list", name="Got it", state="sent")
    assert "export" in marks(page), page.text
    world.work()
    page = alice.walker.go(f"{world.url}{path}/recipients")
    assert "2 contacts" in page.text
    with world.app.app_context():
        [export] = db.session.scalars(db.select(ListExport))
        assert (export.state, export.added) == ("finished", 2)
    page = post(alice.walker, f"{path}/recipients/list", name=" ", state="sent")
    assert "Give the list a name" in page.text


def test_a_person_chooses_the_winner(world: World, alice: Tenant) -> None:
    two_friends(world, alice)
    path = begin(world, alice)
    post(alice.walker, f"{path}/what", act="save", **HELLO)
    alice.walker.go(f"{world.url}{path}/what")
    post(alice.walker, f"{path}/what/variants", act="add", variant="0")
    other = {**HELLO, "bubble.0.text": "B", "split_percent": "50", "split_hours": "4"}
    post(alice.walker, f"{path}/what?variant=1", act="save", **other)
    alice.walker.go(f"{world.url}{path}/check")
    send(alice, path, 2)
    world.work()
    with world.app.app_context(), transaction():
        # Whichever way chance fell: one has got it, one waits.
        rows = db.session.scalars(db.select(Recipient).order_by(Recipient.id)).all()
        rows[0].state, rows[0].variant = "sent", 0
        rows[1].state, rows[1].variant = "waiting", None
        broadcast = db.session.get_one(Broadcast, rows[0].broadcast_id)
        broadcast.state, broadcast.reason = "paused", "no_winner"
        broadcast.first_sent_at = utcnow() - timedelta(hours=5)
        db.session.flush()
        recount(broadcast.id)
    page = alice.walker.go(f"{world.url}{path}")
    assert "choose-winner" in marks(page)
    # Without a winner it would only pause again.
    assert "resume" not in marks(page)
    assert "Choose one" in post(alice.walker, f"{path}/winner", variant="7").text
    post(alice.walker, f"{path}/winner", variant="1")
    world.work()
    assert kept(world).winner == 1
    assert states(world) == {"sent": 2}
    page = alice.walker.go(f"{world.url}{path}")
    assert {"winner", "variants"} <= set(marks(page))
