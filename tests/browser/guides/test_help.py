"""Help where people doubt: by mouse, by keyboard, on a phone, and without JavaScript."""

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.chromium import PATIENCE_MS, shoot
from tests.browser.places import signed_in, team_pages
from tests.support.world import Tenant, World

pytestmark = pytest.mark.browser
DESK, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)


def opened(chromium: Browser, world: World, tenant: Tenant, path: str, **more: object) -> Page:
    context = signed_in(chromium, world, tenant, **more)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(world.url + path)
    return page


def is_inside(page: Page, name: str) -> bool:
    """Whether the sentence stands on the screen as a whole."""
    box = page.get_by_test_id(f"help-{name}").locator("div").bounding_box()
    size = page.viewport_size
    assert box is not None
    assert size is not None
    return box["x"] >= 0 and box["x"] + box["width"] <= size["width"]


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_question_mark_opens_a_sentence_and_leads_to_the_guide(
    chromium: Browser, world: World, alice: Tenant, viewport: ViewportSize, scripts: bool
) -> None:
    path = "/qr-codes/new"
    page = opened(chromium, world, alice, path, viewport=viewport, java_script_enabled=scripts)
    mark = page.get_by_test_id("help-linkage_type")
    sentence = mark.get_by_text("With HubSpot integration the friend logs in")
    expect(sentence).to_be_hidden()
    mark.locator("summary").click()
    expect(sentence).to_be_visible()
    assert is_inside(page, "linkage_type")
    with page.context.expect_page() as other:
        mark.get_by_role("link").click()
    guide = other.value
    expect(guide.get_by_test_id("guide-text")).to_have_attribute("lang", "en")
    expect(guide.locator("#linkage-type")).to_be_in_viewport()
    page.context.close()


def test_by_keyboard(chromium: Browser, world: World, alice: Tenant) -> None:
    page = opened(chromium, world, alice, f"/accounts/{alice.account_id}/sending", viewport=DESK)
    first = page.get_by_test_id("help-frequency_cap")
    second = page.get_by_test_id("help-quiet_hours")
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(first).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    expect(first.get_by_role("link")).to_be_focused()
    page.keyboard.press("Escape")
    expect(first).not_to_have_attribute("open", "")
    expect(first.locator("summary")).to_be_focused()
    # One sentence at a time.
    first.locator("summary").click()
    second.locator("summary").click()
    expect(first).not_to_have_attribute("open", "")
    shoot(page, "help-sending")
    page.locator("h1").click()
    expect(second).not_to_have_attribute("open", "")
    page.context.close()


@pytest.mark.slow
def test_no_sentence_leaves_the_screen(chromium: Browser, world: World, alice: Tenant) -> None:
    seen: dict[int, set[str]] = {view["width"]: set() for view in (DESK, PHONE)}
    page = opened(chromium, world, alice, "/", viewport=DESK)
    for path in team_pages(world, alice):
        page.goto(world.url + path)
        for viewport in (DESK, PHONE):
            page.set_viewport_size(viewport)
            look_at_sentences(page, seen[viewport["width"]])
    assert min(len(names) for names in seen.values()) > 15
    page.context.close()


def look_at_sentences(page: Page, seen: set[str]) -> None:
    """Open each that was not seen before, and ask whether the screen has it as a whole."""
    visible = page.locator("details.help:visible")
    names: list[str] = visible.evaluate_all("marks => marks.map(mark => mark.dataset.testid)")
    for name in (name.removeprefix("help-") for name in names):
        if name in seen:
            continue
        mark = page.get_by_test_id(f"help-{name}")
        mark.evaluate("mark => { mark.open = true }")
        assert is_inside(page, name), (page.url, page.viewport_size, name)
        seen.add(name)
        mark.evaluate("mark => { mark.open = false }")


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_guide_fits_the_screen(
    chromium: Browser, world: World, alice: Tenant, viewport: ViewportSize, language: str
) -> None:
    for name in ("marketer", "administrator", "developer", "going-live"):
        path = f"/help/{name}?lang={language}"
        page = opened(chromium, world, alice, path, viewport=viewport)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], name
        shoot(page, f"guide-{name}-{language}-{viewport['width']}")
        page.context.close()
