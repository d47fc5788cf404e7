"""Everything that is wrong stands at its field, and the list on top leads there."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import shoot
from tests.browser.places import signed_in
from tests.support.world import Tenant, World

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ja", 390)])
def test_the_list_leads_to_the_fields(
    world: World, alice: Tenant, chromium: Browser, language: str, width: int
) -> None:
    context = signed_in(chromium, world, alice, viewport={"width": width, "height": 844})
    page = context.new_page()
    page.goto(f"{world.url}/templates/new?lang={language}&kind=buttons")
    page.get_by_test_id("bubble.0.actions.0.label").fill("A label that is far too long")
    page.get_by_test_id("bubble.0.actions.0.to").fill("https://example.com")
    page.get_by_test_id("save").click()
    problems = page.get_by_test_id("problems")
    expect(problems.get_by_role("link")).to_have_count(3)
    for name in ("name", "bubble.0.text", "bubble.0.actions.0.label"):
        expect(page.get_by_test_id(f"error-{name}")).to_be_visible()
    shoot(page, f"editor-problems-{language}-{width}")
    problems.get_by_role("link").nth(2).click()
    label = page.get_by_test_id("bubble.0.actions.0.label")
    expect(label).to_be_focused()
    expect(label).to_be_in_viewport()
    expect(label).to_have_value("A label that is far too long")
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    context.close()
