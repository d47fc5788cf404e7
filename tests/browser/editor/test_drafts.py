"""The editor keeps what is written: found again, undone, published; two windows at once."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import APIResponse, Browser, Page, Route, expect

from plugin.services.broadcasts.drafts import create_draft
from plugin.services.message_templates.library import create_template
from tests.browser.chromium import PATIENCE_MS, shoot
from tests.browser.places import signed_in
from tests.support.people import linked
from tests.support.world import Tenant, World

pytestmark = pytest.mark.browser


@pytest.fixture
def address(world: World, alice: Tenant) -> str:
    with world.app.app_context():
        messages = [{"type": "text", "text": "First"}, {"type": "text", "text": "Second"}]
        template = create_template(world.account(alice), "Welcome", messages)
        return f"{world.url}/templates/{template.id}"


def write(page: Page, text: str, step: int = 1) -> None:
    page.get_by_test_id("bubble.0.text").fill(text)
    expect(page.locator("#writing input[name=step]")).to_have_value(str(step))


def test_written_left_found_undone_published(
    world: World, alice: Tenant, chromium: Browser, address: str
) -> None:
    context = signed_in(chromium, world, alice, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    write(page, "Good morning")
    write(page, "Good evening", 2)
    page.goto(f"{world.url}/templates")
    expect(page.get_by_test_id("has-draft")).to_be_visible()
    page.goto(address)
    expect(page.get_by_test_id("bubble.0.text")).to_have_value("Good evening")
    page.get_by_test_id("undo").click()
    expect(page.get_by_test_id("bubble.0.text")).to_have_value("Good morning")
    page.get_by_test_id("redo").click()
    expect(page.get_by_test_id("bubble.0.text")).to_have_value("Good evening")
    page.get_by_test_id("bubble.0.text").focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_test_id("bubble.0.text")).to_have_value("Second")
    page.get_by_test_id("copy-0").click()
    expect(page.get_by_test_id("bubble.1.text")).to_have_value("Second")
    # A button leaves the reader at the message, and what is typed is undone at once.
    expect(page.locator("[id='bubble.1']")).to_be_focused()
    page.get_by_test_id("bubble.1.text").fill("Second, typed")
    page.get_by_test_id("undo").click()
    expect(page.get_by_test_id("bubble.1.text")).to_have_value("Second")
    page.get_by_test_id("redo").click()
    expect(page.get_by_test_id("bubble.1.text")).to_have_value("Second, typed")
    page.get_by_test_id("undo").click()
    expect(page.get_by_test_id("bubble.1.text")).to_have_value("Second")
    shoot(page, "editor-draft")
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("bubble.2.text")).to_have_value("Good evening")
    expect(page.get_by_test_id("kept")).to_have_text("")
    assert errors == []
    context.close()


def test_two_windows_never_overwrite_each_other(
    world: World, alice: Tenant, chromium: Browser, address: str
) -> None:
    context = signed_in(chromium, world, alice, viewport={"width": 390, "height": 844})
    first, second = context.new_page(), context.new_page()
    first.goto(f"{address}?lang=en")
    second.goto(address)
    write(first, "From the first window")
    second.get_by_test_id("bubble.0.text").fill("From the second window")
    expect(second.get_by_test_id("kept")).to_contain_text("changed this draft meanwhile")
    second.get_by_test_id("save").click()
    expect(second.get_by_test_id("overtaken")).to_be_visible()
    expect(second.get_by_test_id("bubble.0.text")).to_have_value("From the second window")
    wide = second.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    second.get_by_test_id("keep-mine").click()
    expect(second.get_by_test_id("bubble.0.text")).to_have_value("From the second window")
    first.reload()
    expect(first.get_by_test_id("bubble.0.text")).to_have_value("From the first window")
    context.close()


def test_a_button_waits_for_the_draft_that_is_being_kept(
    world: World, alice: Tenant, chromium: Browser, address: str
) -> None:
    context = signed_in(chromium, world, alice)
    page = context.new_page()
    page.goto(address)
    held = hold_what_is_kept(page, lambda: page.get_by_test_id("bubble.0.text").fill("Good day"))
    # The server has the step; the page does not know it yet.
    page.get_by_test_id("bubble.0.text").press_sequentially(", all")
    page.get_by_test_id("save").click()
    release(held)
    expect(page.get_by_test_id("version-2")).to_be_visible()
    expect(page.get_by_test_id("bubble.0.text")).to_have_value("Good day, all")
    context.close()


def test_a_test_send_waits_until_the_draft_is_kept(
    world: World, alice: Tenant, chromium: Browser, address: str
) -> None:
    linked(world, alice)
    context = signed_in(chromium, world, alice)
    page = context.new_page()
    page.goto(address)
    page.get_by_test_id("test-friend").select_option(index=1)
    held = hold_what_is_kept(page, lambda: page.get_by_test_id("bubble.0.text").fill("Good day"))
    page.get_by_test_id("bubble.0.text").press_sequentially(", all")
    page.get_by_test_id("test-send").click()
    # The page is alive while it waits.
    assert page.evaluate("1 + 1") == 2
    release(held)
    expect(page).to_have_url(f"{address}#trial")
    expect(page.get_by_test_id("bubble.0.text")).to_have_value("Good day, all")
    context.close()


def test_a_broadcast_is_written_left_found_and_saved(
    world: World, alice: Tenant, chromium: Browser
) -> None:
    linked(world, alice)
    with world.app.app_context():
        draft = create_draft(world.account(alice), "Spring sale")
        path = f"{world.url}/broadcasts/{draft.id}"
    context = signed_in(chromium, world, alice, viewport={"width": 390, "height": 844})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{path}/what?lang=ja")
    write(page, "Half a word")
    page.get_by_test_id("silent").check()
    expect(page.locator("#writing input[name=step]")).to_have_value("2")
    page.goto(f"{path}/check?lang=en")
    expect(page.get_by_test_id("problems")).to_contain_text("written and not saved")
    page.get_by_test_id("problems").get_by_role("link").first.click()
    expect(page.get_by_test_id("bubble.0.text")).to_have_value("Half a word")
    expect(page.get_by_test_id("silent")).to_be_checked()
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    shoot(page, "broadcast-draft")
    page.get_by_test_id("undo").click()
    expect(page.get_by_test_id("silent")).not_to_be_checked()
    page.get_by_test_id("undo").click()
    expect(page.get_by_test_id("bubble.0.text")).to_have_value("")
    page.get_by_test_id("redo").click()
    expect(page.get_by_test_id("bubble.0.text")).to_have_value("Half a word")
    held = hold_what_is_kept(page, lambda: page.get_by_test_id("bubble.0.text").fill("A word"))
    page.get_by_test_id("bubble.0.text").press_sequentially(" more")
    page.get_by_test_id("continue").click()
    release(held)
    expect(page).to_have_url(re.compile(r"/when(#|$)"))
    page.goto(f"{path}/what")
    expect(page.get_by_test_id("bubble.0.text")).to_have_value("A word more")
    expect(page.get_by_test_id("kept")).to_have_text("")
    assert errors == []
    context.close()


def hold_what_is_kept(page: Page, type_it: Callable[[], None]) -> tuple[Route, APIResponse]:
    """Type, and hold back the answer to the call that keeps it."""
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        held.append((route, route.fetch()))

    page.route("**/keep", hold, times=1)
    type_it()
    for _ in range(PATIENCE_MS // 20):
        if held:
            return held[0]
        page.wait_for_timeout(20)
    pytest.fail("Nothing was kept.")


def release(held: tuple[Route, APIResponse]) -> None:
    route, answer = held
    route.fulfill(response=answer)
