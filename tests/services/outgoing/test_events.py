"""Each event is written once, in the transaction of its cause, and says what the API says."""

from typing import Any

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import func, select

from plugin.core.clock import utcnow
from plugin.models import EventDelivery, Linkage, OutgoingEvent, db
from plugin.models.transaction import transaction
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.friends.records import get_or_create_friend
from plugin.services.linkage.bulk_link import Pair, bulk_link
from plugin.services.linkage.history import LinkCause, LinkRequest
from plugin.services.linkage.link import move, unlink_manually
from tests.gateways.scripted_server import ScriptedServer
from tests.services.outgoing.receiving import PATH, listen, received
from tests.support.people import friend_of, linked
from tests.support.world import ALICE, BOB, Tenant, World
from tests.webhooks.test_line import USER, event, post

pytestmark = pytest.mark.both_databases


def test_linked_moved_and_unlinked(world: World, alice: Tenant, hooks: ScriptedServer) -> None:
    listen(world, alice, hooks.url + PATH)
    friend_id, _ = linked(world, alice, user_id=USER)
    with world.app.app_context():
        with transaction():
            bob = get_or_create_contact(alice.installation_id, BOB)
            move(LinkRequest(friend_of(friend_id), bob, "manual", "ann@example.com"))
        unlink_manually(db.session.scalars(select(Linkage)).one(), "ann@example.com")
    world.work()
    told = received(hooks)
    ids = {"official_account": str(alice.account_id), "friend": str(friend_id)}
    common = {**ids, "line_user_id": USER, "method": "manual"}
    assert [(one["type"], one["data"]) for one in told] == [
        ("friend.linked", {**common, "contact_id": str(ALICE)}),
        ("friend.moved", {**common, "contact_id": str(BOB), "from_contact_id": str(ALICE)}),
        ("friend.unlinked", {**common, "contact_id": str(BOB)}),
    ]
    assert all(one["timestamp"].endswith("Z") for one in told)


def test_a_message_is_told_once_and_without_its_words(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    listen(world, alice, hooks.url + PATH, "message.received")
    linked(world, alice, user_id=USER)
    wrote = event("message", 5000, message={"type": "text", "id": "7", "text": "Secret words"})
    for _ in range(2):
        post(world, alice, [wrote, event("follow", 4000)])
        world.work()
    [told] = received(hooks)
    assert told["timestamp"] == "1970-01-01T00:00:05.000Z"
    assert told["data"]["message"] == {"id": "7", "type": "text"}
    assert told["data"]["contact_id"] == str(ALICE)
    assert "Secret" not in hooks.seen[0].body.decode()


def test_a_link_of_many_at_once_tells_of_each(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    listen(world, alice, hooks.url + PATH, "friend.linked")
    with world.app.app_context(), transaction():
        account, pairs = world.account(alice), []
        for number, contact_id in enumerate((ALICE, BOB)):
            friend = get_or_create_friend(account, "U" + str(number) * 32, utcnow())
            contact = get_or_create_contact(alice.installation_id, contact_id)
            pairs.append(Pair(friend.id, friend.line_user_id, contact.id, contact_id))
        bulk_link(account, pairs, LinkCause("import", "import", "list:1"))
    world.work()
    contacts = {one["data"]["contact_id"] for one in received(hooks)}
    assert contacts == {str(ALICE), str(BOB)}
    assert {one["data"]["method"] for one in received(hooks)} == {"import"}


def test_what_is_undone_with_its_transaction_is_never_told(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    listen(world, alice, hooks.url + PATH)
    friend_id, _ = linked(world, alice)

    def move_and_fail() -> None:
        with transaction():
            bob = get_or_create_contact(alice.installation_id, BOB)
            move(LinkRequest(friend_of(friend_id), bob, "manual", "ann@example.com"))
            raise ZeroDivisionError

    with world.app.app_context(), pytest.raises(ZeroDivisionError):
        move_and_fail()
    world.work()
    assert [one["type"] for one in received(hooks)] == ["friend.linked"]


def test_only_the_own_tenants_receivers_that_chose_it_are_told(
    world: World, alice: Tenant, charlie: Tenant, hooks: ScriptedServer
) -> None:
    listen(world, alice, hooks.url + "/hers", "friend.linked")
    listen(world, alice, hooks.url + "/other", "friend.unlinked")
    listen(world, charlie, hooks.url + "/his")
    linked(world, alice)
    world.work()
    assert [seen.path for seen in hooks.seen] == ["/hers"]
    with world.app.app_context():
        assert db.session.scalar(select(func.count(EventDelivery.id))) == 1


def test_where_nobody_listens_nothing_is_asked_of_the_database(world: World, alice: Tenant) -> None:
    linked(world, alice, user_id=USER)
    statements = list[str]()

    def note(*given: Any) -> None:
        statements.append(given[2])

    with world.app.app_context():
        engine = db.engine
    sql_event.listen(engine, "before_cursor_execute", note)
    wrote = event("message", 5000, message={"type": "text", "id": "7", "text": "x"})
    post(world, alice, [wrote])
    world.work()
    sql_event.remove(engine, "before_cursor_execute", note)
    assert any("INSERT INTO conversation_message" in one for one in statements)
    assert not [one for one in statements if "webhook_receiver" in one and "SELECT" in one]
    assert not [one for one in statements if "outgoing_event" in one]
    with world.app.app_context():
        assert db.session.scalar(select(func.count(OutgoingEvent.id))) == 0
