"""LINE told of who is unlinked, by whichever token is still good."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from plugin.core.clock import utcnow
from plugin.gateways import Channel
from plugin.models import Friend, UserToken, db
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.linkage.deauthorize import deauthorize
from plugin.services.linkage.line_tokens import FriendToken, store_user_token
from plugin.services.system.retention import delete_expired
from tests.services.linkage.unlinked import undo_newest, unlink
from tests.support.people import linked
from tests.support.portal import Portal
from tests.support.world import ALICE
from tests.web.login_flow.browser import Phone

pytestmark = pytest.mark.both_databases


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
