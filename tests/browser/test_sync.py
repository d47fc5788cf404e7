"""A property and a list are chosen, both change in HubSpot, and the friend's page shows it."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import PATIENCE_MS, shoot
from tests.browser.places import signed_in
from tests.services.sync.kept import look, make_list
from tests.support.people import linked
from tests.support.portal import Portal
from tests.support.world import ALICE, Tenant, World

pytestmark = pytest.mark.browser


def choose(page: Page, world: World) -> None:
    page.goto(f"{world.url}/sync")
    page.get_by_test_id("suggest-lifecyclestage").check()
    page.get_by_test_id("suggest-phone").check()
    shoot(page, "sync-1-empty")
    page.get_by_test_id("keep-suggested").click()
    expect(page.get_by_test_id("notice")).to_contain_text("2 properties are kept")
    page.get_by_test_id("all-lists").click()
    page.get_by_test_id("q").fill("Shop")
    page.get_by_test_id("search").click()
    page.locator("main").get_by_text("Shop").first.click()
    page.get_by_test_id("keep").click()
    expect(page.get_by_test_id("notice")).to_contain_text("1 list is kept")


def test_what_is_chosen_follows_hubspot(world: World, alice: Tenant, chromium: Browser) -> None:
    portal = Portal(world, alice)
    portal.write(ALICE, lifecyclestage="lead", phone="090")
    friend_id, _ = linked(world, alice)
    shop = make_list(world)
    context = signed_in(chromium, world, alice, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    choose(page, world)
    world.work()
    expect(page.get_by_test_id("property-phone").get_by_test_id("state")).to_have_text("Up to date")
    shoot(page, "sync-2-chosen")
    portal.write(ALICE, lifecyclestage="customer")
    world.sandbox.control("PATCH", f"/lists/{shop}", {"add": [ALICE]})
    look(world)
    page.goto(f"{world.url}/friends/{friend_id}")
    expect(page.get_by_test_id("kept-values")).to_contain_text("Customer")
    expect(page.get_by_test_id("kept-lists")).to_contain_text("Shop")
    expect(page.get_by_test_id("timeline")).to_contain_text("Shop")
    shoot(page, "sync-3-friend")
    page.set_viewport_size({"width": 390, "height": 844})
    places = (
        (f"/friends/{friend_id}", "4-phone-friend"),
        ("/sync", "5-phone"),
        ("/sync/properties", "6-phone-properties"),
        ("/sync/lists", "7-phone-lists"),
        ("/sync/properties/1/remove", "8-phone-remove"),
    )
    for path, name in places:
        page.goto(f"{world.url}{path}?lang=ja")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        shoot(page, f"sync-{name}")
    context.close()
