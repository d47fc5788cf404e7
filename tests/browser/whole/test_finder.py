"""The search of the whole team's side, and single keys: keyboard alone, a phone, Japanese."""

from contextlib import suppress

import pytest
from playwright.sync_api import Browser, Error, Route, expect
from sqlalchemy import update

from plugin.models import Friend
from plugin.models.transaction import transaction
from tests.browser.places import signed_in
from tests.support.people import linked
from tests.support.world import Tenant, World

pytestmark = pytest.mark.browser


@pytest.fixture
def friend_id(world: World, alice: Tenant) -> int:
    friend_id, _ = linked(world, alice)
    with world.app.app_context(), transaction() as session:
        session.execute(update(Friend).values(display_name="桜井みか"))
    return friend_id


@pytest.mark.parametrize(("width", "language"), [(1280, "en"), (390, "ja")])
def test_a_friend_is_found_and_opened_by_the_keyboard_alone(
    world: World, alice: Tenant, chromium: Browser, friend_id: int, width: int, language: str
) -> None:
    context = signed_in(chromium, world, alice, viewport={"width": width, "height": 800})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{world.url}/templates?lang={language}")
    page.keyboard.press("Control+k")
    expect(page.get_by_test_id("finder-q")).to_be_focused()
    page.keyboard.type("みか")
    hit = page.get_by_test_id("hit").first
    expect(hit).to_contain_text("桜井みか")
    expect(hit).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/friends/{friend_id}")
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url("**/qr-codes")
    page.keyboard.press("/")
    page.keyboard.type("nothing that is here")
    expect(page.get_by_test_id("search-none")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("finder-q")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.get_by_test_id("keys")).to_be_visible()
    page.get_by_test_id("keys-on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("f")
    page.wait_for_timeout(200)
    assert page.url.endswith("/qr-codes")
    assert errors == []
    context.close()


def test_enter_opens_what_answers_the_words_in_the_field(
    world: World, alice: Tenant, chromium: Browser, friend_id: int
) -> None:
    context = signed_in(chromium, world, alice)
    page = context.new_page()
    page.goto(f"{world.url}/templates")
    page.keyboard.press("Control+k")
    page.keyboard.type("QR")
    selected = page.locator("#finder-results [aria-selected=true]")
    expect(selected).to_have_count(1)
    expect(selected).to_contain_text("QR")
    held: list[Route] = []
    is_released = False

    def hold(route: Route) -> None:
        # The last one may come here after the page has sent it.
        if is_released:
            route.continue_()
        else:
            held.append(route)

    page.route("**/search/results?**", hold)
    page.get_by_test_id("finder-q").fill("みか")
    expect(selected).to_have_count(0)
    with page.expect_request("**/search/results?**"):
        page.keyboard.press("Enter")
    assert page.url.endswith("/templates")
    is_released = True
    for route in held:
        # The page has given up all but the last one.
        with suppress(Error):
            route.continue_()
    page.wait_for_url(f"**/friends/{friend_id}")
    context.close()
