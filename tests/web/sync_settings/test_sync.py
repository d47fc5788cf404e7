"""The page "Sync": both directions, a choice by forms alone, and a removal that names segments."""

import pytest

from plugin.models import Segment, SyncedList, SyncedProperty, db
from plugin.services.segments.library import create_segment, save_segment
from tests.services.sync.kept import keep, look, make_list, members_of, values_of
from tests.support.people import linked
from tests.support.portal import Portal
from tests.support.walker import Page
from tests.support.world import ALICE, BOB, Tenant, World, sql_of
from tests.web.pages import marks


def form_of(page: Page, ending: str = "") -> int:
    """The place of the posting form whose action ends so; "" posts to its own page."""
    return next(
        place
        for place, form in enumerate(page.forms)
        if form.method == "post" and (form.action.endswith(ending) if ending else not form.action)
    )


def go(world: World, tenant: Tenant, path: str = "/sync") -> Page:
    return tenant.walker.go(f"{world.url}{path}")


def test_suggested_properties_are_kept_with_one_press(world: World, alice: Tenant) -> None:
    Portal(world, alice).write(ALICE, phone="090")
    _, row = linked(world, alice)
    page = go(world, alice)
    assert {"no-properties", "no-lists", "suggest-email"} <= set(marks(page))
    page = alice.walker.submit(form_of(page, "/sync/properties"), name="phone")
    assert "1 property is kept" in page.text
    world.work()
    page = go(world, alice)
    assert "1 contact has a value" in page.text
    assert "at once, by HubSpot's webhooks" in page.text
    assert "Up to date" in page.text
    assert "suggest-phone" not in marks(page)
    assert values_of(world, row) is not None


def test_a_property_and_a_list_are_found_by_a_search(world: World, alice: Tenant) -> None:
    _, row = linked(world, alice)
    shop = make_list(world, ALICE)
    page = go(world, alice, "/sync/properties?q=CITY")
    assert [mark for mark in marks(page) if mark.startswith("choose-")] == ["choose-city"]
    page = alice.walker.submit(form_of(page), name="city")
    assert "property-city" in marks(page)
    page = go(world, alice, "/sync/lists?q=shop")
    page = alice.walker.submit(form_of(page), list_id=shop)
    assert f"list-{shop}" in marks(page)
    world.work()
    assert members_of(world, shop) == {row: True}
    assert "1 of 1 members are linked" in go(world, alice).text


@pytest.mark.parametrize(
    ("path", "field", "value", "words"),
    [
        ("properties", "name", "no_such", "HubSpot has no contact property “no_such”."),
        ("lists", "list_id", "999", "HubSpot has no list with the ID 999"),
        ("lists", "list_id", "x", "digits only"),
        ("properties", "q", "ci", "Check at least one."),
    ],
)
def test_a_bad_choice_is_said_and_keeps_what_was_typed(
    world: World, alice: Tenant, path: str, field: str, value: str, words: str
) -> None:
    go(world, alice, f"/sync/{path}")
    fields = {"q": "c", field: value}
    page = alice.walker.submit(form_of(alice.walker.page), **fields)
    assert page.status == 422
    assert words in page.text
    assert 'value="c' in page.html


def test_hubspot_out_of_reach_is_said(world: World, alice: Tenant) -> None:
    keep(world, alice, "city")
    world.sandbox.fail("/hubspot-api/crm", {"status": 503})
    for path in ("/sync/properties", "/sync/lists"):
        assert "broken" in marks(go(world, alice, path))
    look(world)
    page = go(world, alice)
    assert "HubSpot could not be read." in page.text
    world.sandbox.control("DELETE", "/faults")
    world.pass_time(3600)
    look(world)
    assert "HubSpot could not be read." not in go(world, alice).text


def test_what_changed_in_hubspot_is_said_with_the_segments(world: World, alice: Tenant) -> None:
    linked(world, alice)
    shop = make_list(world, ALICE)
    keep(world, alice, "city", "jobtitle", "company", lists=(shop,))
    with world.app.app_context():
        account = world.account(alice)
        rule = {"field": "hubspot.city", "op": "is", "value": "Kyoto"}
        create_segment(account, "From Kyoto", rule)
        create_segment(account, "Shoppers", {"field": "hubspot.list", "op": "in", "value": [shop]})
    admin = world.sandbox.control
    admin("POST", "/properties/city", {"type": "number", "fieldType": "number"})
    admin("POST", "/properties/jobtitle", {"label": "Role"})
    admin("DELETE", "/properties/company", {"archive": True})
    admin("DELETE", f"/lists/{shop}", {})
    alice.walker.submit(form_of(go(world, alice), "/sync/now"))
    look(world)
    text = go(world, alice).text
    assert "Its type was “Text” and is “Number” now" in text
    assert "It was renamed in HubSpot; before it was “Job title”." in text
    assert "Property company does not exist" in text
    assert f"List does not exist with ID {shop}." in text
    assert text.count("Used by:") == 2
    assert "From Kyoto" in text
    assert "Shoppers" in text
    assert "HubSpot changed 3 synced properties or lists" in go(world, alice, "/").text
    go(world, alice)
    alice.walker.submit(form_of(alice.walker.page, "/seen"))
    assert "Its type was" not in go(world, alice).text


def test_a_removal_names_the_segments_first(world: World, alice: Tenant) -> None:
    Portal(world, alice).write(ALICE, city="Kyoto")
    _, row = linked(world, alice)
    keep(world, alice, "city")
    with world.app.app_context():
        rule = {"field": "hubspot.city", "op": "is", "value": "Kyoto"}
        create_segment(world.account(alice), "From Kyoto", rule)
        ready = db.session.query(Segment).filter_by(ready="linked").one()
        save_segment(ready, "", rule)
        property_id = db.session.query(SyncedProperty).one().id
    page = go(world, alice, f"/sync/properties/{property_id}/remove")
    assert "2 segments use it:" in page.text
    assert "From Kyoto" in page.text
    assert "Linked friends" in page.text
    assert values_of(world, row) == {"city": "Kyoto"}
    page = alice.walker.submit(form_of(page))
    assert "is no longer kept" in page.text
    assert values_of(world, row) is None


def test_charlie_reaches_nothing_of_hers(world: World, alice: Tenant, charlie: Tenant) -> None:
    shop = make_list(world, ALICE)
    keep(world, alice, "city", lists=(shop,))
    with world.app.app_context():
        property_id = db.session.query(SyncedProperty).one().id
        list_id = db.session.query(SyncedList).one().id
    for path in (f"properties/{property_id}", f"lists/{list_id}"):
        assert go(world, charlie, f"/sync/{path}/remove").status == 404
    assert "property-city" not in marks(go(world, charlie))


@pytest.mark.both_databases
def test_more_items_ask_the_database_no_more_often(world: World, alice: Tenant) -> None:
    linked(world, alice)
    linked(world, alice, BOB, "U" + "b" * 32)
    keep(world, alice, "city")
    go(world, alice)
    with sql_of(world) as few:
        go(world, alice)
    keep(world, alice, "phone", "company", "jobtitle", lists=(make_list(world, ALICE),))
    with sql_of(world) as more:
        go(world, alice)
    assert len(more) <= len(few)
