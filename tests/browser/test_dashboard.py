"""The dashboard as people see it: on a desk, on a phone, in Japanese, by keyboard."""

import re

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.browser.chromium import PATIENCE_MS, shoot
from tests.browser.places import signed_in
from tests.support.people import linked
from tests.support.world import Tenant, World
from tests.web.dashboard.planted import busy_days, plant

pytestmark = pytest.mark.browser
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
CHARTS = ("follows", "links", "sent", "tapped", "received", "blocks")


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_and_what_is_next(
    chromium: Browser,
    world: World,
    alice: Tenant,
    viewport: dict[str, int],
    language: str,
    scheme: str,
) -> None:
    linked(world, alice)
    plant(world, alice, busy_days(30))
    context = signed_in(chromium, world, alice, viewport=viewport, color_scheme=scheme)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: _note(message, errors))
    page.goto(f"{world.url}/?lang={language}")
    expect(page.locator("html")).to_have_attribute("lang", language)
    assert page.locator(".button.primary:visible").count() == 1
    expect(page.get_by_test_id("do-segment")).to_be_visible()
    for name in CHARTS:
        _look_at(page, name)
    # With every table open.
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    page.get_by_test_id("days-7").click()
    expect(page.get_by_test_id("days-7")).to_have_attribute("aria-current", "true")
    expect(page.get_by_test_id("total-sent")).to_have_text("86,436")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    shoot(page, f"dashboard-{language}-{viewport['width']}-{scheme}")
    page.get_by_test_id("do-segment").click()
    expect(page).to_have_url(re.compile("/segments/new"))
    assert errors == []
    context.close()


def _look_at(page: Page, name: str) -> None:
    """Its bars have a size and a name, and its table opens by keyboard."""
    chart = page.get_by_test_id(f"chart-{name}")
    drawing = chart.get_by_role("img")
    expect(drawing).to_have_attribute("aria-label", re.compile(r"\d"))
    box = drawing.bounding_box()
    assert box is not None
    assert box["width"] > 150
    colours = chart.locator("svg path:not(.ground)").evaluate_all(
        "bars => bars.map(bar => getComputedStyle(bar).stroke)"
    )
    assert "none" not in colours
    assert len(set(colours)) == len(colours)
    chart.get_by_test_id(f"figures-{name}").focus()
    page.keyboard.press("Enter")
    expect(chart.locator("tbody tr").first).to_be_visible()


def _note(message: ConsoleMessage, errors: list[str]) -> None:
    if message.type == "error":
        errors.append(message.text)
