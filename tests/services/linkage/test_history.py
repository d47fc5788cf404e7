"""The ledger taken back line by line, LINE told of who is unlinked, and what was unsent."""

import threading
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import func, select, text

from plugin.core.clock import utcnow
from plugin.gateways import Channel
from plugin.models import Conflict, Friend, HistoryEntry, UserToken, WebhookEvent, db
from plugin.models.transaction import transaction
from plugin.sandbox import account_to_connect
from plugin.services import Dependencies
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.friends.records import get_or_create_friend
from plugin.services.linkage.conflicts import move_link
from plugin.services.linkage.deauthorize import deauthorize
from plugin.services.linkage.history import LinkRequest
from plugin.services.linkage.line_tokens import FriendToken, store_user_token
from plugin.services.linkage.link import link, move, unlink_manually
from plugin.services.linkage.undo import undo
from plugin.services.system.retention import delete_expired
from tests.support.people import NOW, linked
from tests.support.portal import Portal
from tests.support.world import ALICE, BOB, CHARLIE, Tenant, World
from tests.web.login_flow.browser import Phone

pytestmark = pytest.mark.both_databases

A, B = "U" + "a" * 32, "U" + "b" * 32


@pytest.fixture
def portal(world: World, alice: Tenant) -> Portal:
    return Portal(world, alice)


def newest(portal: Portal) -> HistoryEntry:
    lines = HistoryEntry.owned(portal.tenant.installation_id).order_by(HistoryEntry.id.desc())
    return db.session.scalars(lines.limit(1)).one()


def undo_newest(portal: Portal) -> str:
    with portal.world.app.app_context():
        return undo(newest(portal), "bob@example.com")


def unlink(portal: Portal) -> None:
    with portal.world.app.app_context():
        friend = db.session.scalars(select(Friend).order_by(Friend.id)).first()
        assert friend is not None
        assert friend.linkage is not None
        unlink_manually(friend.linkage, "bob@example.com")


def test_an_undo_is_a_line_and_can_be_undone_itself(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    with portal.world.app.app_context():
        first = newest(portal)
    assert undo_newest(portal) == "undone"
    assert portal.tied() == {}
    assert undo_newest(portal) == "undone"
    assert portal.tied() == {ALICE: A}
    assert [deed for deed, _, _ in portal.ledger()] == ["linked", "unlinked", "linked"]
    with portal.world.app.app_context():
        assert undo(first, "bob@example.com") == "overtaken"
        assert newest(portal).source.startswith("undo:")
    portal.world.work()
    assert portal.value(ALICE) == A


def test_an_unlink_is_not_undone_over_somebody_else(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    unlink(portal)
    with portal.world.app.app_context():
        line = newest(portal)
    linked(portal.world, portal.tenant, ALICE, B)
    with portal.world.app.app_context():
        assert undo(line, "bob@example.com") == "taken"
    assert portal.tied() == {ALICE: B}


def test_a_move_is_moved_back(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    with portal.world.app.app_context(), transaction():
        friend = get_or_create_friend(portal.world.account(portal.tenant), A, NOW)
        contact = get_or_create_contact(portal.tenant.installation_id, BOB)
        move(LinkRequest(friend, contact, "manual", "bob@example.com"))
    assert portal.tied() == {BOB: A}
    assert undo_newest(portal) == "undone"
    assert portal.tied() == {ALICE: A}
    portal.world.work()
    assert (portal.value(ALICE), portal.value(BOB)) == (A, "")


def test_a_wish_that_comes_again_is_counted_and_not_told_again(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    for _ in range(3):
        with portal.world.app.app_context(), transaction():
            friend = get_or_create_friend(portal.world.account(portal.tenant), B, NOW)
            contact = get_or_create_contact(portal.tenant.installation_id, ALICE)
            assert (
                link(LinkRequest(friend, contact, "import", "list:1")).decision == "contact_taken"
            )
    with portal.world.app.app_context():
        conflict = db.session.scalars(select(Conflict)).one()
        assert (conflict.times, conflict.decided_at) == (3, None)
        assert move_link(conflict, "bob@example.com")
    assert portal.tied() == {ALICE: B}
    assert [deed for deed, _, _ in portal.ledger()].count("conflict") == 1


def test_who_links_by_the_conflict_s_wish_settles_it(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    with portal.world.app.app_context(), transaction():
        friend = get_or_create_friend(portal.world.account(portal.tenant), A, NOW)
        contact = get_or_create_contact(portal.tenant.installation_id, CHARLIE)
        link(LinkRequest(friend, contact, "import", "list:1"))
    unlink(portal)
    linked(portal.world, portal.tenant, CHARLIE, A)
    with portal.world.app.app_context():
        assert Conflict.count_open(portal.tenant.installation_id) == 0


def test_line_is_told_of_who_is_unlinked(portal: Portal) -> None:
    linked_by_login(portal)
    with portal.world.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(UserToken)) == 1
    portal.world.work()
    unlink(portal)
    portal.world.work()
    told = [deed for deed, _, _ in portal.ledger()]
    assert told == ["linked", "unlinked", "deauthorized"]
    with portal.world.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(UserToken)) == 0
    store = portal.world.sandbox.app.extensions["world"].store
    assert store.keys("line_deauthorized")


@pytest.mark.parametrize("how", ["expired", "unknown_to_line"])
def test_where_no_live_token_is_left_the_ledger_says_so(portal: Portal, how: str) -> None:
    friend_id, _ = linked(portal.world, portal.tenant)
    with portal.world.app.app_context(), transaction():
        friend = db.session.get_one(Friend, friend_id)
        life = timedelta(days=-1 if how == "expired" else 30)
        store_user_token(friend, friend.official_account, FriendToken("x" * 20, life))
    unlink(portal)
    portal.world.work()
    assert portal.ledger()[-1][0] == "not_deauthorized"


def linked_by_login(portal: Portal) -> None:
    phone = Phone()
    phone.follow(f"{portal.world.url}/l/{portal.tenant.slug}")
    phone.submit()
    assert phone.outcome == "linked"


class LoginMeanwhile:
    """LINE Login, at which the friend logs in anew while LINE is told of the unlinking."""

    def __init__(self, portal: Portal) -> None:
        self.app, self.gateways = portal.world.app, portal.world.deps.gateways
        self.real = self.gateways.line_login

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def deauthorize(self, login: Channel, text: str) -> None:
        self.real.deauthorize(login, text)
        elsewhere = threading.Thread(target=self.log_in)
        elsewhere.start()
        elsewhere.join()

    def log_in(self) -> None:
        with self.app.app_context(), transaction():
            friend = db.session.scalars(select(Friend)).one()
            store_user_token(friend, friend.official_account, FriendToken("newer"))


def test_who_logs_in_while_line_is_told_can_be_unlinked_again(portal: Portal) -> None:
    linked_by_login(portal)
    unlink(portal)
    with portal.world.app.app_context():
        login: Any = LoginMeanwhile(portal)
        there = Dependencies(portal.world.deps.settings, replace(login.gateways, line_login=login))
        friend_id = db.session.scalars(select(Friend.id)).one()
        deauthorize(there, friend_id, portal.contact(ALICE).id)
        db.session.expire_all()
        assert db.session.scalars(select(UserToken)).one().text == "newer"
    assert portal.ledger()[-1][0] == "deauthorized"


def change_token(portal: Portal, **values: object) -> None:
    with portal.world.app.app_context(), transaction() as session:
        token = session.scalars(select(UserToken)).one()
        for name, value in values.items():
            setattr(token, name, value)


@pytest.mark.parametrize("how", ["ended", "taken back", "a LIFF token came later"])
def test_line_is_told_by_a_refreshed_token_where_the_other_has_ended(
    portal: Portal, how: str
) -> None:
    linked_by_login(portal)
    store = portal.world.sandbox.app.extensions["world"].store
    [first] = store.keys("line_user_token")
    store.delete("line_user_token", first)
    if how == "ended":
        change_token(portal, expires_at=utcnow())
    if how == "a LIFF token came later":
        with portal.world.app.app_context(), transaction():
            friend = db.session.scalars(select(Friend)).one()
            later = FriendToken("x" * 20, timedelta(hours=-1))
            store_user_token(friend, friend.official_account, later)
    unlink(portal)
    portal.world.work()
    assert portal.ledger()[-1][0] == "deauthorized"
    assert store.keys("line_deauthorized")


@pytest.mark.parametrize("how", ["ended at LINE", "ended here", "another channel"])
def test_a_refresh_token_that_is_no_good_any_more_tells_nobody(portal: Portal, how: str) -> None:
    linked_by_login(portal)
    store = portal.world.sandbox.app.extensions["world"].store
    change_token(portal, expires_at=utcnow())
    if how == "ended at LINE":
        store.delete("line_refresh_token", store.keys("line_refresh_token")[0])
    elif how == "ended here":
        change_token(portal, refresh_until=utcnow())
    else:
        change_token(portal, login_channel_id="1")
    unlink(portal)
    portal.world.work()
    assert portal.ledger()[-1][0] == "not_deauthorized"
    assert not store.keys("line_deauthorized")


def test_tokens_are_kept_sealed_and_as_long_as_one_of_them_is_good(portal: Portal) -> None:
    linked_by_login(portal)
    store = portal.world.sandbox.app.extensions["world"].store
    secrets = store.keys("line_user_token") + store.keys("line_refresh_token")
    with portal.world.app.app_context():
        raw = db.session.execute(text("SELECT * FROM user_token")).all()
        assert not any(secret in str(raw) for secret in secrets)
        change_token(portal, expires_at=utcnow() - timedelta(days=1))
        delete_expired()
        assert db.session.scalar(select(func.count()).select_from(UserToken)) == 1
        change_token(portal, refresh_until=utcnow() - timedelta(days=1))
        delete_expired()
        assert db.session.scalar(select(func.count()).select_from(UserToken)) == 0


def test_nobody_is_told_of_a_friend_who_is_linked_again(portal: Portal) -> None:
    friend_id, _ = linked(portal.world, portal.tenant)
    with portal.world.app.app_context(), transaction():
        friend = db.session.get_one(Friend, friend_id)
        store_user_token(friend, friend.official_account, FriendToken("x" * 20))
    unlink(portal)
    assert undo_newest(portal) == "undone"
    portal.world.work()
    assert [deed for deed, _, _ in portal.ledger()] == ["linked", "unlinked", "linked"]


def _every_text(world: World) -> str:
    """All values of all rows, as text."""
    with world.app.app_context():
        tables = db.metadata.sorted_tables
        return str([db.session.execute(select(table)).all() for table in tables])


@pytest.mark.parametrize("order", list(permutations(("said", "edited", "unsend"))), ids=str)
@pytest.mark.parametrize("together", [True, False])
def test_an_unsent_message_leaves_no_copy_in_whatever_order(
    portal: Portal, order: tuple[str, ...], together: bool
) -> None:
    channel = account_to_connect(portal.world.sandbox.app, 0)["channel_id"]
    told = {
        "said": {"type": "message", "message": {"type": "text", "id": "700", "text": "MY WORDS"}},
        "edited": {
            "type": "messageEdited", "before": {"text": "MY WORDS"},
            "message": {"type": "text", "id": "700", "text": "MY WORDS, EDITED"},
        },
        "unsend": {"type": "unsend", "unsend": {"messageId": "700"}},
    }  # fmt: skip
    events = [{"user": "charlie", **told[name]} for name in order]
    for some in [events] if together else [[one] for one in events]:
        body = {"channel": channel, "events": some, "together": True}
        portal.world.sandbox.control("POST", "/line-events", body)
        portal.world.work()
    assert "MY WORDS" not in _every_text(portal.world)
    with portal.world.app.app_context():
        events_kept = list(db.session.scalars(select(WebhookEvent)))
        assert len(events_kept) == 3
        assert all(one.handled_at and not one.error for one in events_kept)


@pytest.mark.parametrize("order", ["message first", "unsend first", "together"])
def test_an_unsent_message_is_kept_nowhere(portal: Portal, order: str) -> None:
    channel = account_to_connect(portal.world.sandbox.app, 0)["channel_id"]
    message = {
        "type": "message", "user": "charlie",
        "message": {"type": "text", "id": "700", "text": "not for you", "quoteToken": "q"},
    }  # fmt: skip
    unsend = {"type": "unsend", "user": "charlie", "unsend": {"messageId": "700"}}
    events = [unsend, message] if order == "unsend first" else [message, unsend]
    batches = [events] if order == "together" else [[one] for one in events]
    for some in batches:
        body = {"channel": channel, "events": some, "together": True}
        portal.world.sandbox.control("POST", "/line-events", body)
        portal.world.work()
    with portal.world.app.app_context():
        kept = db.session.scalars(select(WebhookEvent).where(WebhookEvent.kind == "message")).one()
        assert kept.payload["message"] == {"type": "unsent", "id": "700"}
        assert utcnow() > kept.received_at


def test_who_links_the_accounts_is_known_from_then_on(portal: Portal) -> None:
    channel = account_to_connect(portal.world.sandbox.app, 0)["channel_id"]
    events = [
        {"type": "accountLink", "link": {"result": "failed", "nonce": "n"}},
        {"type": "accountLink", "user": "charlie", "link": {"result": "ok", "nonce": "n"}},
    ]
    portal.world.sandbox.control("POST", "/line-events", {"channel": channel, "events": events})
    portal.world.work()
    with portal.world.app.app_context():
        assert [one.status for one in db.session.scalars(select(Friend))] == ["following"]
