"""Which contact a friend is: each way can be switched off, and a typed address proves nothing."""

import pytest

from plugin.models import Conflict, Contact, Delivery, Friend, db
from plugin.models.transaction import transaction
from tests.sandbox.line.rig import ALICE as ALICE_ON_LINE
from tests.sandbox.line.rig import BOB as BOB_ON_LINE
from tests.support.world import ALICE, PORTAL, Tenant, World
from tests.web.login_flow.browser import Phone, facts, made_contacts, personal_link, visits


def choose(world: World, tenant: Tenant, **values: object) -> None:
    with world.app.app_context(), transaction():
        for name, value in values.items():
            setattr(world.code(tenant), name, value)


def conflicts(world: World) -> list[tuple[str, str, int]]:
    with world.app.app_context():
        rows = db.session.scalars(db.select(Conflict))
        return [(row.decision, row.friend.line_user_id, row.contact.contact_id) for row in rows]


def test_a_token_counts_only_where_the_code_takes_it(world: World, alice: Tenant) -> None:
    """Elsewhere its owner is told so, and never becomes somebody new."""
    link = personal_link(world, alice)
    phone = Phone("bob")
    phone.go(link)
    choose(world, alice, by_token=False)
    phone.submit()
    assert (phone.page.status, phone.outcome) == (410, "revoked")
    phone.go(link)
    assert (phone.page.status, phone.outcome) == (410, "revoked")
    assert facts(world).tokens[0][1:] == (False, False)
    assert facts(world).linkages == ()


def test_lines_email_counts_only_where_the_code_takes_it(world: World, alice: Tenant) -> None:
    choose(world, alice, by_email=False)
    phone = Phone()
    phone.scan(world, alice)
    assert "Alice Example" not in phone.page.text
    phone.submit()
    assert phone.outcome == "linked"
    [(line_user_id, contact_id)] = facts(world).linkages
    assert (line_user_id, contact_id == ALICE) == (ALICE_ON_LINE, False)
    assert made_contacts(world) == 1


def test_where_no_contact_may_be_made_nobody_is_linked(world: World, alice: Tenant) -> None:
    choose(world, alice, by_email=False, makes_contact=False)
    phone = Phone()
    phone.scan(world, alice)
    assert phone.outcome == "nobody"
    assert facts(world).linkages == ()
    assert made_contacts(world) == 0
    assert visits(world, alice) == {"scan": 1, "login": 1, "nobody": 1}


@pytest.mark.both_databases
def test_a_typed_address_of_a_contact_links_nobody_and_asks_the_team(
    world: World, alice: Tenant
) -> None:
    choose(world, alice, by_email=False, by_form=True)
    phone = Phone("bob")
    phone.scan(world, alice)
    assert 'data-testid="who-form"' in phone.page.html
    phone.submit(email=" ALICE@example.com ", name="Alice")
    assert phone.outcome == "proposed"
    assert "Alice Example" not in phone.page.text
    assert facts(world).linkages == ()
    assert conflicts(world) == [("unconfirmed", BOB_ON_LINE, ALICE)]
    assert facts(world).ledger == (("conflict", "qr", BOB_ON_LINE, ALICE),)
    assert made_contacts(world) == 0
    for _ in range(2):
        phone.scan(world, alice)
        phone.submit(email="alice@example.com", name="")
    assert len(conflicts(world)) == 1


def test_a_friend_cannot_try_out_which_addresses_are_contacts(world: World, alice: Tenant) -> None:
    """Nothing is proved here, so whoever types addresses learns which ones HubSpot has."""
    choose(world, alice, by_email=False, by_form=True)
    phone, seen = Phone("bob"), list[str]()
    for number in range(6):
        phone.scan(world, alice)
        phone.submit(email="alice@example.com" if number % 2 else f"no{number}@example.com")
        seen.append(phone.outcome)
    assert seen == ["", "proposed", "", "proposed", "", "too_many_addresses"]
    assert phone.page.status == 429


def test_the_team_links_who_typed_a_contacts_address(world: World, alice: Tenant) -> None:
    choose(world, alice, by_email=False, by_form=True)
    phone = Phone("bob")
    phone.scan(world, alice)
    phone.submit(email="alice@example.com", name="")
    page = alice.walker.go(f"{world.url}/conflicts")
    assert "nobody vouches for it" in page.text
    assert "Linked now" not in page.text
    alice.walker.submit()
    assert facts(world).linkages == ((BOB_ON_LINE, ALICE),)
    phone.scan(world, alice)
    assert phone.outcome == "already_linked"


def test_a_typed_address_that_nobody_has_makes_a_contact(world: World, alice: Tenant) -> None:
    choose(world, alice, by_email=False, by_form=True)
    phone = Phone("bob")
    phone.scan(world, alice)
    phone.submit(email="bob.new@example.com", name="Bob New")
    assert "Link your LINE account" in phone.page.text
    assert facts(world).linkages == ()
    phone.submit()
    assert phone.outcome == "linked"
    with world.app.app_context():
        contact = db.session.scalars(db.select(Contact).order_by(Contact.id.desc())).first()
        assert contact is not None
        assert (contact.email, contact.firstname) == ("bob.new@example.com", "Bob New")


def test_an_address_that_is_taken_meanwhile_links_nobody_either(
    world: World, alice: Tenant
) -> None:
    choose(world, alice, by_email=False, by_form=True)
    phone = Phone("bob")
    phone.scan(world, alice)
    phone.submit(email="new@example.com", name="")
    row = {"email": "new@example.com"}
    world.sandbox.control("POST", "/contacts", {"portal": PORTAL, "rows": [row]})
    phone.submit()
    assert phone.outcome == "proposed"
    assert facts(world).linkages == ()


@pytest.mark.parametrize("email", ["", "alice", "a@b", "a b@example.com", "x" * 300 + "@a.com"])
def test_what_is_no_address_is_asked_again(world: World, alice: Tenant, email: str) -> None:
    choose(world, alice, by_email=False, by_form=True)
    phone = Phone("bob")
    phone.scan(world, alice)
    phone.submit(email=email, name="")
    assert phone.page.status == 422
    assert "does not look like" in phone.page.text
    assert made_contacts(world) == 0


def test_a_yes_without_the_form_is_asked_for_the_form(world: World, alice: Tenant) -> None:
    choose(world, alice, by_email=False, by_form=True)
    phone = Phone("bob")
    phone.scan(world, alice)
    phone.submit(step="confirm")
    assert 'data-testid="who-form"' in phone.page.html
    assert facts(world).linkages == ()


@pytest.mark.both_databases
def test_who_comes_through_gets_tags_one_greeting_and_the_way_on(
    world: World, alice: Tenant
) -> None:
    target = "https://example.com/thanks"
    choose(world, alice, tags=["VIP"], greeting="Welcome", destination=target)
    phone = Phone()
    phone.scan(world, alice)
    assert target not in phone.page.html
    phone.submit()
    assert f'href="{target}"' in phone.page.html
    phone.scan(world, alice)
    assert phone.outcome == "already_linked"
    world.work()
    with world.app.app_context():
        friend = db.session.scalars(db.select(Friend)).one()
        delivery = db.session.scalars(db.select(Delivery)).one()
        assert (friend.tags, delivery.state) == (["VIP"], "accepted")
        assert delivery.messages == [{"type": "text", "text": "Welcome"}]


@pytest.mark.both_databases
def test_a_code_that_links_nobody_greets_too_and_once(world: World, alice: Tenant) -> None:
    choose(world, alice, linkage_type="none", greeting="Welcome", tags=["Shop"])
    for _ in range(3):
        phone = Phone()
        phone.scan(world, alice)
        assert phone.outcome == "welcome"
    with world.app.app_context():
        assert len(db.session.scalars(db.select(Delivery)).all()) == 1
        assert db.session.scalars(db.select(Friend)).one().tags == ["Shop"]
