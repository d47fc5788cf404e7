"""A preview of the pages and a real link, for a contact that is found by its address."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models import Contact, LinkageToken, db
from plugin.models.transaction import transaction
from plugin.services.system.retention import delete_expired
from tests.services.personal_links.test_bulk import begin, make_list
from tests.support.walker import Page
from tests.support.world import ALICE, Tenant, World
from tests.web.email.mail_pages import go, value
from tests.web.login_flow.browser import Phone, attempts, facts, visits
from tests.web.pages import marks


def try_as(world: World, tenant: Tenant, email: str = "alice@example.com") -> Page:
    go(world, tenant, "/email/try")
    return tenant.walker.submit(email=email)


def preview_of(world: World, tenant: Tenant) -> str:
    try_as(world, tenant)
    return value(tenant.walker.submit(1), "preview-url")


def test_a_preview_shows_every_page_and_ties_nobody(world: World, alice: Tenant) -> None:
    address = preview_of(world, alice)
    before, counted, phone = facts(world), visits(world, alice), Phone()
    phone.go(address)
    assert "Continue with LINE" in phone.page.text
    assert "preview" in marks(phone.page)
    phone.submit()
    assert "Alice Example" in phone.page.text
    assert "a••••@example.com" in phone.page.text
    phone.submit()
    assert phone.outcome == "linked"
    assert "nobody is linked" in phone.page.text
    assert "/line-access/" not in phone.page.url
    assert (facts(world), visits(world, alice)) == (before, counted)
    assert "line_linkage_url" not in world.sandbox.contact(ALICE)


def test_a_preview_stays_one_where_the_code_takes_no_personal_links_any_more(
    world: World, alice: Tenant
) -> None:
    address = preview_of(world, alice)
    with world.app.app_context(), transaction():
        world.code(alice).by_token = False
    before, phone = facts(world), Phone()
    phone.go(address)
    assert "preview" in marks(phone.page)
    phone.submit()
    phone.submit()
    assert phone.outcome == "linked"
    assert "nobody is linked" in phone.page.text
    assert (facts(world), attempts(world)) == (before, 0)


@pytest.mark.both_databases
def test_a_preview_that_ended_is_put_away(world: World, alice: Tenant) -> None:
    preview_of(world, alice)
    begin(world, alice, make_list(world, ALICE))
    world.work()
    with world.app.app_context():
        with transaction() as session:
            session.execute(update(LinkageToken).values(expires_at=utcnow() - timedelta(days=1)))
        delete_expired()
        left = db.session.scalars(select(LinkageToken.preview)).all()
        assert left == [False]


def test_a_preview_is_worth_nothing_to_a_forger(world: World, alice: Tenant) -> None:
    """Its token is refused wherever a real one would be taken."""
    address, _, text = preview_of(world, alice).partition("?t=")
    phone = Phone()
    phone.scan(world, alice)
    reference = phone.reference
    before = facts(world)
    phone.go(f"{address}?t={text}")
    phone.submit(t=text, step="confirm", login=reference)
    assert facts(world) == before
    with world.app.app_context(), transaction() as session:
        session.execute(update(LinkageToken).values(expires_at=utcnow() - timedelta(days=1)))
    phone.go(f"{address}?t={text}")
    assert phone.outcome in ("expired", "tampered")


def test_a_real_link_is_given_and_taken_back(world: World, alice: Tenant) -> None:
    page = try_as(world, alice)
    assert "no-link" in marks(page)
    page = alice.walker.submit(-1)
    assert "has-link" in marks(page)
    assert "send-as" in marks(page)
    world.work()
    assert world.sandbox.contact(ALICE)["line_linkage_url"]
    page = alice.walker.submit(-1)
    assert "1 link is taken back" in page.text
    world.work()
    assert not world.sandbox.contact(ALICE).get("line_linkage_url")


@pytest.mark.parametrize("email", ["", "alice", "nobody@example.com", "@", "a b@example.com"])
def test_nobody_is_found(world: World, alice: Tenant, email: str) -> None:
    page = try_as(world, alice, email)
    assert page.status == 422
    assert {"problem", "error-email"} & set(marks(page))


def test_hubspot_is_silent_when_a_contact_is_sought(world: World, alice: Tenant) -> None:
    go(world, alice, "/email/try")
    world.sandbox.fail("/hubspot-api/crm/objects", {"status": 503, "body": {}})
    page = alice.walker.submit(email="alice@example.com")
    assert page.status == 503
    assert "problem" in marks(page)


def test_charlie_finds_his_own_contacts_only(world: World, alice: Tenant, charlie: Tenant) -> None:
    try_as(world, alice)
    with world.app.app_context():
        row = db.session.scalar(select(Contact.id).where(Contact.contact_id == ALICE))
    assert go(world, charlie, f"/email/try/{row}").status == 404
    assert try_as(world, charlie).status == 422
