"""One of Musubi's properties is deleted, made read-only or put under a rule in HubSpot: the others
are written, it is said where people look, and refused calls do not multiply."""

from typing import Any

import pytest
from sqlalchemy import select

from plugin.models import Contact, Linkage, PropertyTrouble, db
from plugin.models.transaction import transaction
from plugin.services.contacts.lookup import find_or_create_contact
from plugin.services.contacts.outbox import mark_for_push
from plugin.services.friends.tags import set_tags
from plugin.services.sync.properties import ensure_properties
from plugin.services.sync.reconcile import begin_reconcile
from tests.support.people import linked
from tests.support.portal import Portal, mute
from tests.support.world import ALICE, BOB, CHARLIE, Tenant, World
from tests.web.pages import csrf_of, marks

pytestmark = pytest.mark.both_databases

A, B, C = ("U" + letter * 32 for letter in "abc")
PEOPLE = {ALICE: A, BOB: B, CHARLIE: C}


@pytest.fixture
def portal(world: World, alice: Tenant) -> Portal:
    """Three linked contacts, all written."""
    mute(world)
    for contact_id, user_id in PEOPLE.items():
        linked(world, alice, contact_id, user_id)
    world.work()
    return Portal(world, alice)


def admin(portal: Portal, method: str, name: str, **body: Any) -> None:
    """What an administrator of the portal does to a property."""
    portal.world.sandbox.control(method, f"/properties/{name}", body)


def push_all(portal: Portal, tag: str) -> None:
    """Something changes for every contact."""
    with portal.world.app.app_context(), transaction():
        for contact in db.session.scalars(select(Contact)):
            for linkage in Linkage.of_contacts([contact.id]):
                set_tags(linkage.friend, [tag])
            mark_for_push(contact)


def troubles(portal: Portal) -> dict[str, str]:
    with portal.world.app.app_context():
        rows = PropertyTrouble.list_owned(portal.tenant.installation_id)
        return {row.name: row.reason for row in rows}


def errors(portal: Portal) -> set[str]:
    with portal.world.app.app_context():
        return set(db.session.scalars(select(Contact.push_error)))


def writes(portal: Portal) -> dict[str, int]:
    """Calls that wrote contacts since the last look, by status."""
    calls = portal.world.sandbox.control("GET", "/calls")["calls"]
    portal.world.sandbox.control("DELETE", "/calls")
    found: dict[str, int] = {}
    for name, told in calls.items():
        if "batch/update" in name:
            found |= told["statuses"]
    return found


@pytest.mark.parametrize("name", ["line_tags", "line_user_id", "line_friend_status"])
def test_a_deleted_property_is_made_again_and_filled(portal: Portal, name: str) -> None:
    before = portal.value(ALICE, name)
    (new,) = portal.world.sandbox.control("POST", "/contacts", {"count": 1})["ids"]
    admin(portal, "DELETE", name)
    push_all(portal, "gold")
    # An id that HubSpot shows already is not written again, so a new link finds the property gone.
    linked(portal.world, portal.tenant, int(new), "U" + "d" * 32)
    portal.world.work()
    assert portal.value(int(new)) == "U" + "d" * 32
    assert portal.value(BOB, "line_tags") == "gold"
    assert {portal.value(who, "line_user_id") for who in PEOPLE} == set(PEOPLE.values())
    assert portal.value(ALICE, name) == ("gold" if name == "line_tags" else before)
    assert troubles(portal) == {}
    assert errors(portal) == {""}
    assert portal.tied() == PEOPLE | {int(new): "U" + "d" * 32}


def test_what_cannot_be_made_again_costs_nobody_the_rest(portal: Portal) -> None:
    """HubSpot keeps the name of an archived property; refused calls do not multiply."""
    admin(portal, "DELETE", "line_tags", archive=True)
    push_all(portal, "gold")
    writes(portal)
    portal.world.work()
    assert troubles(portal) == {"line_tags": "missing"}
    assert sum(writes(portal).values()) <= 3
    for number in range(4):
        push_all(portal, f"tag {number}")
        portal.world.work()
    assert writes(portal) == {"200": 4}
    assert errors(portal) == {""}
    page = portal.tenant.walker.go(f"{portal.world.url}/settings/hubspot")
    assert "property-line_tags" in marks(page)
    assert "already exists" in page.text
    assert "matter" in marks(portal.tenant.walker.go(f"{portal.world.url}/"))
    assert "HubSpot does not take" in portal.tenant.walker.page.text
    admin(portal, "PATCH", "line_tags", restore=True)
    retry(portal)
    assert troubles(portal) == {}
    assert portal.value(ALICE, "line_tags") == "tag 3"


def retry(portal: Portal) -> None:
    """The button on the page."""
    walker = portal.tenant.walker
    walker.go(f"{portal.world.url}/settings/hubspot")
    body = {"csrf_token": csrf_of(walker.page)}
    answer = walker.session.post(f"{portal.world.url}/settings/hubspot/properties", data=body)
    assert answer.status_code == 200
    portal.world.work()


def test_a_property_that_hubspot_shows_and_calls_missing_goes_round_for_ever_nowhere(
    portal: Portal,
) -> None:
    """It is listed, and every write that names it is refused: calls stay in proportion."""
    rule = {"pattern": "no", "message": "It does not exist.", "code": "PROPERTY_DOESNT_EXIST"}
    admin(portal, "PATCH", "line_tags", rule=rule)
    push_all(portal, "gold")
    writes(portal)
    for _ in range(3):
        portal.world.work(ahead=120)
    assert sum(writes(portal).values()) == 2
    assert portal.value(ALICE, "line_user_id") == A


def test_a_read_only_property_is_left_alone(portal: Portal) -> None:
    admin(portal, "PATCH", "line_friend_status", read_only=True)
    push_all(portal, "gold")
    portal.world.work()
    assert troubles(portal) == {"line_friend_status": "read_only"}
    assert portal.value(ALICE, "line_tags") == "gold"
    writes(portal)
    push_all(portal, "silver")
    portal.world.work()
    assert writes(portal) == {"200": 1}
    assert portal.value(CHARLIE, "line_tags") == "silver"
    admin(portal, "PATCH", "line_friend_status", read_only=False)
    with portal.world.app.app_context():
        ensure_properties(portal.world.deps, portal.tenant.installation_id)
    assert troubles(portal) == {}


def test_a_rule_refuses_a_value_and_its_words_are_shown(portal: Portal) -> None:
    rule = {"pattern": "[a-z]+", "message": "Only small letters, says the portal."}
    admin(portal, "PATCH", "line_tags", rule=rule)
    push_all(portal, "GOLD")
    writes(portal)
    portal.world.work()
    assert writes(portal) == {"200": 2}
    assert troubles(portal) == {"line_tags": "refused"}
    assert errors(portal) == {f"line_tags: {rule['message']}"}
    assert portal.value(ALICE, "line_user_id") == A
    page = portal.tenant.walker.go(f"{portal.world.url}/settings/hubspot")
    assert rule["message"] in page.text
    portal.world.work(ahead=86400)
    assert "200" not in writes(portal)
    # A value that the rule takes is written, and the trouble is over.
    push_all(portal, "gold")
    portal.world.work()
    assert (troubles(portal), errors(portal)) == ({}, {""})
    assert portal.value(BOB, "line_tags") == "gold"


def test_the_night_tries_one_value_and_then_all(portal: Portal) -> None:
    admin(portal, "PATCH", "line_tags", rule={"pattern": "no", "message": "Never."})
    push_all(portal, "gold")
    portal.world.work()
    night(portal)
    assert troubles(portal) == {"line_tags": "refused"}
    admin(portal, "PATCH", "line_tags", rule=None)
    night(portal)
    assert (troubles(portal), errors(portal)) == ({}, {""})
    assert {portal.value(who, "line_tags") for who in PEOPLE} == {"gold"}


def night(portal: Portal) -> None:
    with portal.world.app.app_context():
        begin_reconcile(portal.tenant.installation_id)
    portal.world.work()


def test_a_deleted_id_property_unlinks_nobody(portal: Portal) -> None:
    """An event makes Musubi read contacts whose property is gone: that is no wish of a person."""
    admin(portal, "DELETE", "line_user_id", archive=True)
    change = {"subscriptionType": "object.propertyChange", "propertyName": "line_user_id"}
    portal.tell(*({**change, "objectId": who} for who in PEOPLE))
    assert portal.tied() == PEOPLE
    assert troubles(portal) == {"line_user_id": "missing"}
    night(portal)
    assert portal.tied() == PEOPLE


def test_clearing_a_value_still_unlinks(portal: Portal) -> None:
    portal.write(ALICE, line_user_id="")
    change = {"subscriptionType": "object.propertyChange", "propertyName": "line_user_id"}
    portal.tell({**change, "objectId": ALICE})
    assert ALICE not in portal.tied()


@pytest.mark.parametrize("archive", [False, True])
def test_a_new_contact_is_made_though_the_id_property_is_gone(
    portal: Portal, archive: bool
) -> None:
    """Made again, or left out where HubSpot does not let it be made again."""
    admin(portal, "DELETE", "line_user_id", archive=archive)
    facts = {"firstname": "Dora"}
    with portal.world.app.app_context():
        account = portal.world.account(portal.tenant)
        with pytest.raises(Exception, match="is being created"):
            find_or_create_contact(portal.world.deps, account, "U" + "e" * 32, facts)
    portal.world.work()
    with portal.world.app.app_context():
        account = portal.world.account(portal.tenant)
        made = find_or_create_contact(portal.world.deps, account, "U" + "e" * 32, facts)
    assert portal.value(made.contact_id, "firstname") == "Dora"
    assert portal.value(made.contact_id) == ("" if archive else "U" + "e" * 32)


def test_a_rule_on_a_name_keeps_no_friend_from_being_linked(portal: Portal) -> None:
    admin(portal, "PATCH", "lastname", rule={"pattern": "[A-Z]+", "message": "Capitals."})
    with portal.world.app.app_context():
        account = portal.world.account(portal.tenant)
        facts = {"firstname": "Dora", "lastname": "Example", "email": "dora@example.com"}
        made = find_or_create_contact(portal.world.deps, account, "U" + "e" * 32, facts)
    shown = portal.world.sandbox.contact(made.contact_id)
    assert (shown.get("lastname"), shown["email"]) == (None, "dora@example.com")
    assert troubles(portal) == {"lastname": "refused"}


def test_another_portal_has_no_trouble(portal: Portal, charlie: Tenant) -> None:
    admin(portal, "DELETE", "line_tags", archive=True)
    push_all(portal, "gold")
    portal.world.work()
    with portal.world.app.app_context():
        assert PropertyTrouble.skipped(charlie.installation_id) == set()
