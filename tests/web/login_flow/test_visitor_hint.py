"""HubSpot's visitor cookie, which a site passes on, suggests a contact to people; ties nobody."""

import pytest
from sqlalchemy import select

from plugin.models import Contact, Friend, Job, LoginAttempt, VisitorHint, db
from plugin.models.transaction import transaction
from plugin.services.sync.erasure import erase_friend
from tests.support.portal import Portal
from tests.support.world import ALICE, BOB, Tenant, World
from tests.web.login_flow.browser import LOGIN_CHANNEL, Phone, facts
from tests.web.pages import marks

pytestmark = pytest.mark.both_databases

VISITOR = "0123456789abcdef" * 2


def choose(world: World, tenant: Tenant, **values: object) -> None:
    with world.app.app_context(), transaction():
        for name, value in values.items():
            setattr(world.code(tenant), name, value)


def come(world: World, tenant: Tenant, contact: int | None = ALICE) -> Phone:
    """Bob comes from a site, with the cookie that HubSpot gave to `contact`."""
    if contact is not None:
        world.sandbox.control("POST", "/visitors", {"utk": VISITOR, "contact": contact})
    phone = Phone("bob")
    phone.go(f"{world.url}/l/{tenant.slug}?hutk={VISITOR}")
    phone.submit()
    phone.log_in()
    return phone


def hints(world: World) -> list[int]:
    with world.app.app_context():
        return [hint.contact.contact_id for hint in db.session.scalars(select(VisitorHint))]


def friend_page(world: World, tenant: Tenant) -> str:
    with world.app.app_context():
        friend_id = db.session.scalars(select(Friend.id)).one()
    page = tenant.walker.go(f"{world.url}/friends/{friend_id}")
    return page.text if "suggestion" in marks(page) else ""


def test_the_friends_page_shows_whom_the_cookie_suggests(world: World, alice: Tenant) -> None:
    choose(world, alice, by_email=False, makes_contact=False)
    phone = come(world, alice)
    assert phone.outcome == "nobody"
    assert friend_page(world, alice) == ""
    world.work()
    assert hints(world) == [ALICE]
    assert "Alice Example" in friend_page(world, alice)
    assert facts(world).linkages == ()
    with world.app.app_context():
        assert set(db.session.scalars(select(LoginAttempt.visitor))) == {""}


def test_who_decides_a_conflict_sees_it_too(world: World, alice: Tenant) -> None:
    choose(world, alice, by_email=False, by_form=True)
    phone = come(world, alice, BOB)
    phone.submit(email="alice@example.com", name="")
    assert phone.outcome == "proposed"
    world.work()
    page = alice.walker.go(f"{world.url}/conflicts")
    assert "suggestion" in marks(page)
    assert "bob@example.com" in page.text


@pytest.mark.parametrize("whose", ["nobody's", "a visitor's", "of a deleted contact"])
def test_a_cookie_that_is_no_contacts_suggests_nobody(
    world: World, alice: Tenant, whose: str
) -> None:
    choose(world, alice, by_email=False, makes_contact=False)
    if whose != "nobody's":
        contact = "" if whose == "a visitor's" else 999
        world.sandbox.control("POST", "/visitors", {"utk": VISITOR, "contact": contact})
    come(world, alice, None)
    world.work()
    assert hints(world) == []
    assert friend_page(world, alice) == ""


@pytest.mark.parametrize("first", ["declined", "without the e-mail", "the LIFF app is gone"])
def test_a_second_try_still_brings_the_cookie(world: World, alice: Tenant, first: str) -> None:
    choose(world, alice, makes_contact=False)
    world.sandbox.control("POST", "/visitors", {"utk": VISITOR, "contact": ALICE})
    phone = Phone("bob")
    way = "l"
    if first == "without the e-mail":
        channel = f"/line-channels/{LOGIN_CHANNEL}"
        world.sandbox.control("POST", channel, {"email_permission": False})
    if first == "the LIFF app is gone":
        way = "liff"
        with world.app.app_context(), transaction():
            world.account(alice).liff_url = ""
    phone.go(f"{world.url}/{way}/{alice.slug}?hutk={VISITOR}")
    phone.submit()
    if first == "declined":
        phone.log_in("deny")
        phone.submit()
    phone.log_in()
    assert phone.outcome == "nobody"
    world.work()
    assert hints(world) == [ALICE]


def test_without_a_cookie_hubspot_is_not_asked(world: World, alice: Tenant) -> None:
    choose(world, alice, by_email=False, makes_contact=False)
    Phone("bob").scan(world, alice)
    with world.app.app_context():
        assert db.session.scalars(select(Job).where(Job.kind == "suggest_contact")).all() == []


@pytest.mark.parametrize(("status", "found"), [(404, []), (403, []), (503, [ALICE])])
def test_a_question_that_hubspot_answers_no_more_costs_only_the_hint(
    world: World, alice: Tenant, status: int, found: list[int]
) -> None:
    choose(world, alice, by_email=False, makes_contact=False)
    world.sandbox.fail("/hubspot-api/contacts/v1/", {"status": status}, times=1)
    come(world, alice)
    world.work()
    world.pass_time(3600)
    world.work()
    assert hints(world) == found
    with world.app.app_context():
        assert db.session.scalars(select(Job).where(Job.kind == "suggest_contact")).all() == []


def test_who_is_forgotten_is_suggested_no_more(world: World, alice: Tenant) -> None:
    choose(world, alice, by_email=False, makes_contact=False)
    come(world, alice)
    world.work()
    with world.app.app_context(), transaction():
        friend, contact = (db.session.scalars(select(one)).first() for one in (Friend, Contact))
        assert isinstance(friend, Friend)
        assert isinstance(contact, Contact)
        erase_friend(friend, contact, "test")
    assert hints(world) == []


def test_a_suggestion_follows_merges_and_ends_with_the_contact(world: World, alice: Tenant) -> None:
    choose(world, alice, by_email=False, makes_contact=False)
    come(world, alice)
    world.work()
    portal = Portal(world, alice)
    survivor = portal.merge(BOB, ALICE)
    portal.heard("object.merge")
    assert f"/{survivor}" in _suggested(world, alice)
    portal.delete(survivor)
    portal.heard("object.deletion")
    assert _suggested(world, alice) == ""


def _suggested(world: World, tenant: Tenant) -> str:
    """Where the suggestion leads."""
    friend_page(world, tenant)
    html = tenant.walker.page.html.partition('data-testid="suggestion"')[2]
    return html.partition('href="')[2].partition('"')[0] if html else ""
