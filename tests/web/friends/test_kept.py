"""A friend's page: what is kept of HubSpot in words, and one timeline of everything."""

from datetime import timedelta
from typing import Any

import pytest

from plugin.core.clock import utcnow
from plugin.models import Broadcast, LoginAttempt, Recipient, StatusChange
from plugin.models.connections.webhook_account import account_of_webhook
from plugin.models.people.friend import Friend
from plugin.models.transaction import transaction
from plugin.services.friends.line_events import handle_line_events, store_line_events
from tests.services.sync.kept import keep, look, make_list
from tests.support.people import linked
from tests.support.portal import Portal
from tests.support.world import ALICE, Tenant, World, sql_of
from tests.web.pages import marks

USER = "U" + "a" * 32


def define(world: World, name: str, type_: str, field_type: str, *options: tuple[str, str]) -> None:
    body = {"name": name, "label": name.title(), "type": type_, "fieldType": field_type}
    world.sandbox.control("POST", "/properties", {**body, "options": options})


def text_of(world: World, tenant: Tenant, friend_id: int, more: str = "") -> str:
    return tenant.walker.go(f"{world.url}/friends/{friend_id}{more}").text


def test_values_of_every_type_are_shown_in_words(world: World, alice: Tenant) -> None:
    define(world, "points", "number", "number")
    define(world, "birthday", "date", "date")
    define(world, "visited", "datetime", "date")
    define(world, "likes", "enumeration", "checkbox", ("tea", "Green tea"), ("pie", "Apple pie"))
    define(world, "member", "bool", "booleancheckbox", ("true", "Yes"), ("false", "No"))
    define(world, "note", "string", "textarea")
    owner = world.sandbox.control("POST", "/owners", {"email": "o@example.com", "first": "Olga"})
    portal = Portal(world, alice)
    portal.write(
        ALICE,
        points="12345.5",
        birthday="1990-03-04",
        visited="2026-11-01T15:30:00Z",
        likes="tea;pie",
        member="true",
        note="é" * 20_000,
        city="x" * 600,
        hubspot_owner_id=owner["id"],
    )
    world.sandbox.control("PATCH", "/portals/20000001", {"time_zone": "Asia/Tokyo"})
    friend_id, _ = linked(world, alice)
    names = "points", "birthday", "visited", "likes", "member", "note", "city", "hubspot_owner_id"
    keep(world, alice, *names, "phone")
    text = text_of(world, alice, friend_id)
    for words in ("12,345.5", "March 4, 1990", "November 2, 2026 12:30 AM", "Green tea, Apple pie",
                  "Yes", "Olga"):  # fmt: skip
        assert words in text
    assert text.count("(cut: HubSpot has more)") == 2
    assert "é" * 9_999 + "…" in text
    japanese = text_of(world, alice, friend_id, "?lang=ja")
    for words in ("1990年3月4日", "2026年11月2日", "Green tea、Apple pie", "はい"):
        assert words in japanese


def test_half_a_surrogate_and_markup_are_shown_as_they_are(world: World, alice: Tenant) -> None:
    portal = Portal(world, alice)
    portal.write(ALICE, city="<b>K</b>", company="a\ud83dz")
    friend_id, _ = linked(world, alice)
    keep(world, alice, "city", "company")
    page = alice.walker.go(f"{world.url}/friends/{friend_id}")
    assert page.status == 200
    assert "&lt;b&gt;K&lt;/b&gt;" in page.html
    assert "a?z" in page.text


def write(world: World, tenant: Tenant, *events: dict[str, Any]) -> None:
    """LINE tells of these."""
    with world.app.app_context():
        account = world.account(tenant)
        known = account_of_webhook(account.webhook_key)
        assert known is not None
        store_line_events(known, list(events))
        handle_line_events(tenant.account_id)


def event(kind: str, **more: Any) -> dict[str, Any]:
    at = int((utcnow() - timedelta(hours=1)).timestamp() * 1000)
    source = {"type": "user", "userId": USER}
    return {"type": kind, "timestamp": at, "webhookEventId": kind, "source": source, **more}


@pytest.mark.both_databases
def test_one_timeline_tells_everything(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice, user_id=USER)
    shop = make_list(world, ALICE)
    keep(world, alice, lists=(shop,))
    write(
        world,
        alice,
        event("message", message={"id": "1", "type": "text", "text": "Are you open?"}),
        event("unfollow"),
    )
    world.sandbox.control("PATCH", f"/lists/{shop}", {"remove": [ALICE]})
    look(world)
    with world.app.app_context(), transaction() as session:
        now = utcnow()
        sent, left_out = (
            Broadcast(official_account_id=alice.account_id, name=name, created_at=now)
            for name in ("Spring sale", "Summer sale")
        )
        session.add_all([sent, left_out])
        session.flush()
        common = {"friend_id": friend_id, "settled_at": now}
        session.add(Recipient(broadcast_id=sent.id, state="sent", **common))
        more = {"state": "left_out", "reason": "frequency_cap"}
        session.add(Recipient(broadcast_id=left_out.id, **more, **common))
        attempt = LoginAttempt(
            reference="r", state="s", browser="b", qr_code_id=alice.qr_code_id, nonce="n",
            code_verifier="v", expires_at=now, returned_at=now, line_user_id=USER,
        )  # fmt: skip
        session.add(attempt)
    text = text_of(world, alice, friend_id)
    for words in (
        "They wrote: Are you open?",
        "Blocked the account",
        f"Linked with contact: {ALICE}",
        "Scanned, or opened the link of: Counter",
        "Joined the list: Shop",
        "Left the list: Shop",
        "Broadcast accepted by LINE",
        "Spring sale",
        "Has had as many messages as the frequency cap allows",
    ):
        assert words in text, words
    only = text_of(world, alice, friend_id, "?kind=broadcasts")
    assert "Spring sale" in only
    assert "They wrote" not in only
    assert text_of(world, alice, friend_id, "?kind=odd") == text


def test_the_words_of_a_forgotten_person_are_gone(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice, user_id=USER)
    write(world, alice, event("message", message={"id": "1", "type": "text", "text": "Secret"}))
    assert "Secret" in text_of(world, alice, friend_id)
    Portal(world, alice).tell({"subscriptionType": "contact.privacyDeletion"})
    assert "Secret" not in text_of(world, alice, friend_id)
    assert "They wrote" not in text_of(world, alice, friend_id)


def test_a_longer_past_asks_the_database_no_more_often(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice, user_id=USER)
    keep(world, alice, "city")
    text_of(world, alice, friend_id)
    with sql_of(world) as few:
        text_of(world, alice, friend_id)
    with world.app.app_context(), transaction() as session:
        friend = session.get_one(Friend, friend_id)
        for minutes in range(60):
            at = utcnow() - timedelta(minutes=minutes)
            session.add(StatusChange(friend_id=friend.id, status="following", at=at))
    keep(world, alice, "phone", "company")
    with sql_of(world) as more:
        page = alice.walker.go(f"{world.url}/friends/{friend_id}")
    assert marks(page).count("happening") == 30
    assert len(more) <= len(few)
    # The first of a process reads a little more.
    assert len(few) <= 33
