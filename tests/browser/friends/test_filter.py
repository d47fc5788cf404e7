"""The filter of the list of friends: words that are whole, and tags that are suggested."""

import pytest
from playwright.sync_api import Browser, expect

from plugin.models.transaction import transaction
from plugin.services.friends.tags import register_tags
from tests.browser.places import signed_in
from tests.support.people import linked
from tests.support.world import Tenant, World

pytestmark = pytest.mark.browser
# How far the words of the chosen options reach beyond their menus.
CUT = """menus => menus.map(menu => {
  const pen = document.createElement("canvas").getContext("2d");
  const style = getComputedStyle(menu);
  pen.font = style.font;
  const words = pen.measureText(menu.selectedOptions[0].text).width;
  const room = menu.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return [menu.id, Math.max(0, Math.ceil(words - room))];
}).filter(([, cut]) => cut)"""


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_menu_cuts_its_words(
    chromium: Browser, world: World, alice: Tenant, width: int, language: str
) -> None:
    linked(world, alice)
    with world.app.app_context(), transaction():
        register_tags(alice.installation_id, ["VIP"])
    with signed_in(chromium, world, alice, viewport={"width": width, "height": 900}) as context:
        page = context.new_page()
        for query in ("", "&status=unknown&linked=no", "&sort=-change&status=blocked"):
            page.goto(f"{world.url}/friends?lang={language}{query}")
            assert page.locator(".filters select").evaluate_all(CUT) == []
            room = "document.documentElement.scrollWidth - innerWidth"
            assert page.evaluate(room) <= 0


def test_tags_are_suggested_from_what_is_typed(
    chromium: Browser, world: World, alice: Tenant
) -> None:
    friend_id, _ = linked(world, alice)
    with world.app.app_context(), transaction():
        names = [f"Campaign {number}" for number in range(200)]
        register_tags(alice.installation_id, ["Spring sale", *names])
    with signed_in(chromium, world, alice) as context:
        page = context.new_page()
        options = page.locator("#known-tags option")
        page.goto(f"{world.url}/friends")
        expect(options).to_have_count(30)
        page.get_by_test_id("filter-tag").press_sequentially("spr")
        expect(options).to_have_count(1)
        expect(options).to_have_attribute("value", "Spring sale")
        for path, field in (("/friends/tags", "tags"), (f"/friends/{friend_id}", "new-tag")):
            page.goto(world.url + path)
            page.get_by_test_id(field).press_sequentially("VIP, SPR")
            expect(options).to_have_count(1)
            expect(options).to_have_attribute("value", "VIP, Spring sale")
        page.get_by_test_id("new-tag").fill("VIP, Spring sale")
        page.get_by_test_id("add-tag").click()
        expect(page.get_by_test_id("tag")).to_have_count(2)
