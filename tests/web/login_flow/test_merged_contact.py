"""Personal links of a contact that HubSpot merged into another: they go with it in everything."""

import pytest
from sqlalchemy import select

from plugin.models import Contact, LinkageToken, db
from plugin.models.transaction import transaction
from plugin.services.contacts.outbox import mark_for_push
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.personal_links.revoke import revoke_link, revoke_of_contact
from plugin.services.personal_links.tokens import read_token
from plugin.web.email.trial import links_of
from tests.sandbox.line.rig import CHARLIE as CHARLIE_ON_LINE
from tests.support.portal import Portal
from tests.support.world import ALICE, BOB, PORTAL, Tenant, World
from tests.web.login_flow.browser import Phone, facts, personal_link

pytestmark = pytest.mark.both_databases


@pytest.fixture
def portal(world: World, alice: Tenant) -> Portal:
    return Portal(world, alice)


def merged(portal: Portal) -> tuple[str, int]:
    """Bob has a link, HubSpot shows it, and Bob goes into Alice; the link and the survivor."""
    address = personal_link(portal.world, portal.tenant, BOB)
    with portal.world.app.app_context(), transaction():
        mark_for_push(get_or_create_contact(portal.tenant.installation_id, BOB))
    portal.world.work()
    survivor = portal.merge(ALICE, BOB)
    portal.heard("object.merge")
    portal.until(lambda: portal.value(survivor, "line_linkage_url") == address)
    return address, survivor


def verdict(portal: Portal, address: str) -> str:
    """What the link is worth, inside the app's context."""
    text = address.partition("?t=")[2]
    return read_token(portal.world.deps, text, portal.world.code(portal.tenant)).verdict


@pytest.mark.parametrize("way", ["contact", "link"])
def test_what_is_taken_back_leads_nowhere_and_hubspot_shows_it_no_more(
    portal: Portal, way: str
) -> None:
    address, survivor = merged(portal)
    with portal.world.app.app_context():
        if way == "contact":
            assert revoke_of_contact(portal.contact(survivor)) == 1
        else:
            assert revoke_link(db.session.scalars(select(LinkageToken)).one()) == 1
        assert verdict(portal, address) == "revoked"
    portal.until(lambda: portal.value(survivor, "line_linkage_url") == "")
    phone = Phone("charlie")
    phone.go(address)
    assert phone.outcome == "revoked"


def test_the_team_sees_it_on_the_survivor(portal: Portal) -> None:
    _, survivor = merged(portal)
    with portal.world.app.app_context():
        code = portal.world.code(portal.tenant)
        assert links_of(portal.contact(survivor), code).until is not None
    page = portal.tenant.walker.go(f"{portal.world.url}/email/try/{_row(portal, survivor)}")
    assert 'data-testid="take-back"' in page.html


def test_it_links_the_survivor_even_where_hubspot_forgot_the_old_id(portal: Portal) -> None:
    address, survivor = merged(portal)
    store = portal.world.sandbox.app.extensions["world"].store
    for old in (ALICE, BOB):
        store.delete(f"merged:{PORTAL}", str(old))
    phone = Phone("charlie")
    phone.follow(address)
    phone.submit()
    assert phone.outcome == "linked"
    assert facts(portal.world).linkages == ((CHARLIE_ON_LINE, survivor),)


def test_pressing_again_after_the_merge_is_friendly(portal: Portal) -> None:
    address = personal_link(portal.world, portal.tenant, BOB)
    phone = Phone("charlie")
    phone.follow(address)
    phone.submit()
    survivor = portal.merge(ALICE, BOB)
    portal.until(lambda: portal.tied() == {survivor: CHARLIE_ON_LINE})
    phone.go(address)
    assert phone.outcome == "already_linked"


def _row(portal: Portal, contact_id: int) -> int:
    with portal.world.app.app_context():
        found = Contact.by_contact_id(portal.tenant.installation_id, contact_id)
        assert found is not None
        return found.id
