"""The list of friends that is left open: what is chosen on it is what it shows."""

import pytest
from playwright.sync_api import Browser, Page, expect

from plugin.core.clock import utcnow
from plugin.models.transaction import transaction
from plugin.services.friends.records import get_or_create_friend
from tests.browser.places import signed_in
from tests.support.world import Tenant, World
from tests.web.friends.test_friends import befriend

pytestmark = pytest.mark.browser
PAGE_IDS = "new FormData(document.forms.chosen).getAll('page_ids').join().split(',')"
SHOWN_IDS = "[...document.querySelectorAll('#friends input[name=ids]')].map((box) => box.value)"


def arrive(world: World, tenant: Tenant, number: int) -> None:
    with world.app.app_context(), transaction():
        friend = get_or_create_friend(world.account(tenant), f"U{number:032x}", utcnow())
        friend.display_name = f"Friend {number}"


def look_again(page: Page) -> None:
    with page.expect_response(lambda answer: "/friends" in answer.url):
        page.clock.run_for(10_500)


def test_all_on_this_page_are_those_whom_it_shows(
    world: World, alice: Tenant, chromium: Browser
) -> None:
    befriend(world, alice, 19)
    context = signed_in(chromium, world, alice)
    context.clock.install()
    page = context.new_page()
    page.goto(f"{world.url}/friends")
    page.get_by_test_id("whom").select_option("page")
    page.evaluate("document.activeElement.blur()")
    for number in (90, 91):
        arrive(world, alice, number)
    look_again(page)
    newest = page.get_by_test_id("row").first
    expect(newest).to_contain_text("Friend 91")
    expect(page.get_by_test_id("row")).to_have_count(20)
    assert page.evaluate(PAGE_IDS) == page.evaluate(SHOWN_IDS)
    expect(page.get_by_test_id("whom")).to_have_value("page")
    expect(page.locator("#whom-page")).to_have_text("All 20 on this page")
    expect(page.get_by_test_id("counts")).to_contain_text("of 21 are linked")
    older = page.get_by_test_id("older")
    expect(older).to_have_count(1)
    # Whoever ticks somebody keeps all of what they see, the way to the next page too.
    page.get_by_test_id("tick").nth(1).check()
    page.evaluate("document.activeElement.blur()")
    address = older.get_attribute("href")
    arrive(world, alice, 92)
    look_again(page)
    expect(newest).to_contain_text("Friend 91")
    assert older.get_attribute("href") == address
    page.get_by_test_id("tick").nth(1).uncheck()
    page.evaluate("document.activeElement.blur()")
    look_again(page)
    expect(newest).to_contain_text("Friend 92")
    assert older.get_attribute("href") != address
    page.get_by_test_id("whom").select_option("page")
    page.get_by_test_id("tag-them").click()
    expect(page.get_by_test_id("found")).to_contain_text("The 20 friends you chose.")
    context.close()
