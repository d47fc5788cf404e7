"""The Import pages without JavaScript, and where something is missing."""

import pytest

from tests.support.imports import FIELD, befriend, contacts_with, imported, list_of, ties
from tests.support.walker import Form
from tests.support.world import Sandbox, Tenant, World, sql_of


def test_without_an_account_the_page_says_what_comes_first(world: World) -> None:
    walker = world.install().walker
    for path in ("/import", "/import/new", "/import/friends"):
        assert "Connect an account" in walker.go(f"{world.url}{path}").text


def test_an_import_is_saved_by_forms_alone(world: World, alice: Tenant, sandbox: Sandbox) -> None:
    list_id = list_of(sandbox, contacts_with(sandbox, befriend(sandbox, 2)))
    walker = alice.walker
    walker.go(f"{world.url}/import/new")
    page = walker.submit(form_at(walker.page.forms, ""), q="Custom")
    assert "2 contacts" in page.text
    page = walker.submit(list_id=list_id, property=FIELD, every_minutes="15")
    assert (page.status, "Waiting for its turn" in page.text) == (200, True)
    world.work()
    page = walker.go(page.url)
    assert "Every contact with a value in the property is linked" in page.text
    assert len(ties(world)) == 2
    assert "15" in page.text


def test_hubspot_out_of_reach_is_said(world: World, alice: Tenant, sandbox: Sandbox) -> None:
    sandbox.fail("/hubspot-api/crm/lists/2026-09/search", {"status": 503})
    page = alice.walker.go(f"{world.url}/import/new")
    assert page.status == 200
    assert "HubSpot did not show its lists" in page.text


@pytest.mark.both_databases
def test_a_longer_list_of_findings_asks_the_database_no_more_often(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    asked = []
    for count in (2, 20):
        values = [f"U{number:032x}" for number in range(count)]
        list_id = list_of(sandbox, contacts_with(sandbox, values))
        import_id = imported(world, alice, list_id)
        with sql_of(world) as sent:
            page = alice.walker.go(f"{world.url}/import/{import_id}")
        assert page.text.count("No friend of this account") > count
        asked.append(len(sent))
    assert asked[0] == asked[1]


def test_a_forbidden_import_of_friends_explains_itself(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    sandbox.control("POST", "/line-channels/2000000001", {"verified": False})
    alice.walker.go(f"{world.url}/import/friends")
    alice.walker.submit(form_at(alice.walker.page.forms, "/import/friends"))
    world.work()
    page = alice.walker.go(f"{world.url}/import/friends")
    assert "Not allowed by LINE" in page.text
    assert "upload the IDs you have" in page.text


def form_at(forms: list[Form], action: str) -> int:
    """The place of the form that is sent to this address."""
    return next(place for place, form in enumerate(forms) if form.action == action)
