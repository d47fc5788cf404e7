"""No page is wider than a phone, in the languages whose words are longest or break otherwise."""

import pytest
from playwright.sync_api import Browser

from tests.browser.places import friend_pages, signed_in, team_pages
from tests.support.world import Tenant, World

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize("language", ["th", "zh-Hant-TW"])
def test_no_page_is_wider_than_a_phone(
    world: World, alice: Tenant, chromium: Browser, language: str
) -> None:
    paths = [*team_pages(world, alice), *friend_pages(world, alice)]
    context = signed_in(chromium, world, alice, viewport=PHONE)
    page = context.new_page()
    too_wide = {}
    for path in paths:
        address = f"{world.url}{path}{'&' if '?' in path else '?'}lang={language}"
        page.goto(address, wait_until="domcontentloaded")
        excess = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if excess > 0:
            too_wide[path] = excess
    context.close()
    assert not too_wide
