"""The template editor in a real browser: typing, the phone beside it, a test send, versions."""

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.chromium import shoot

pytestmark = pytest.mark.browser
TEXT = "Dear {{ contact.firstname | default('friend') }}, welcome 結び"
FLEX = """{"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": [
  {"type": "text", "text": "Spring sale", "weight": "bold", "size": "xl", "color": "#b3312d"},
  {"type": "button", "style": "primary", "action":
    {"type": "uri", "label": "Open the shop", "uri": "https://shop.example.com/"}}]}}"""


def begin(musubi: str, page: Page) -> None:
    """Installed and connected, with Charlie as a friend of the account."""
    page.goto(musubi)
    page.get_by_test_id("install").click()
    page.get_by_test_id("consent-approve").click()
    page.get_by_test_id("do-connect").first.click()
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("account-name")).to_contain_text("Sandbox Shop")
    # A word from Charlie makes Musubi know him.
    page.goto(f"{musubi}/sandbox/phone/charlie/chat/2000000001")
    page.get_by_test_id("say").fill("Hello")
    page.get_by_test_id("send").click()


def test_a_template_is_written_looked_at_tried_and_changed(newcomer: str, page: Page) -> None:
    begin(newcomer, page)
    page.goto(f"{newcomer}/templates")
    shoot(page, "templates-1-empty")
    page.get_by_test_id("new-template").click()
    page.get_by_test_id("name").fill("Welcome")
    write_and_watch(page)
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("version-1")).to_be_visible()
    shoot(page, "templates-3-saved")
    add_a_flex_message(page)
    send_to_charlie(newcomer, page)
    page.goto(f"{newcomer}/templates")
    expect(page.get_by_test_id("template")).to_contain_text("Welcome")
    shoot(page, "templates-6-shelf")


def write_and_watch(page: Page) -> None:
    field = page.get_by_test_id("bubble.0.text")
    counter = page.locator("[data-counts='bubble.0.text']")
    expect(counter).to_have_text("5,000 left")
    # A flag is one character to a reader and four UTF-16 units to LINE.
    field.fill("🇯🇵")
    expect(counter).to_have_text("4,996 left")
    field.fill("a" * 5001)
    expect(counter).to_have_text("1 too many")
    expect(counter).to_have_class("left over")
    field.fill(TEXT)
    expect(page.get_by_test_id("bubble-text")).to_have_text("Dear friend, welcome 結び")
    shoot(page, "templates-2-writing")


def add_a_flex_message(page: Page) -> None:
    page.get_by_test_id("add-message").click()
    page.get_by_test_id("add-flex").click()
    page.get_by_test_id("bubble.1.alt_text").fill("Spring sale")
    page.get_by_test_id("bubble.1.json").fill('{"type": "bubble", "body": {}}')
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("problems")).to_be_visible()
    page.get_by_test_id("bubble.1.json").fill(FLEX)
    expect(page.get_by_test_id("preview")).to_contain_text("Open the shop")
    ink = page.get_by_test_id("preview").locator("[data-ink]")
    expect(ink).to_have_css("color", "rgb(179, 49, 45)")
    shoot(page, "templates-4-flex")
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("version-2")).to_be_visible()


def send_to_charlie(musubi: str, page: Page) -> None:
    for _ in range(20):
        if page.get_by_test_id("test-friend").count():
            break
        page.wait_for_timeout(250)
        page.reload()
    page.get_by_test_id("test-friend").select_option(index=1)
    page.get_by_test_id("test-send").click()
    expect(page.get_by_test_id("notice")).to_contain_text("LINE accepted the test")
    shoot(page, "templates-5-tested")
    page.goto(f"{musubi}/sandbox/phone/charlie/chat/2000000001")
    expect(page.get_by_test_id("bubbles")).to_contain_text("Dear friend, welcome 結び")
    expect(page.get_by_test_id("bubbles")).to_contain_text("Spring sale")


def test_what_is_typed_before_the_script_is_there_shows_too(newcomer: str, page: Page) -> None:
    begin(newcomer, page)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/static/templates.js*", hold)
    with page.expect_request("**/static/templates.js*"):
        page.goto(f"{newcomer}/templates/new", wait_until="commit")
    page.get_by_test_id("bubble.0.text").fill("Early bird")
    expect(page.locator("[data-counts='bubble.0.text']")).to_have_text("5,000 left")
    held.pop().continue_()
    expect(page.get_by_test_id("preview")).to_contain_text("Early bird")
    expect(page.locator("[data-counts='bubble.0.text']")).to_have_text("4,990 left")


def test_undo_and_redo_open_where_there_is_a_step_to_take(newcomer: str, page: Page) -> None:
    begin(newcomer, page)
    page.goto(f"{newcomer}/templates/new")
    undo, redo = page.get_by_test_id("undo"), page.get_by_test_id("redo")
    for words, has_step in (("One", False), ("Two", True)):
        expect(undo).to_be_disabled()
        expect(redo).to_be_disabled()
        with page.expect_response("**/keep"):
            page.get_by_test_id("bubble.0.text").fill(words)
        expect(undo).to_be_enabled(enabled=has_step)
    undo.click()
    expect(page.get_by_test_id("bubble.0.text")).to_have_value("One")
    expect(redo).to_be_enabled()
    expect(undo).to_be_disabled()


def test_the_editor_works_without_scripts(newcomer: str, chromium: Browser, page: Page) -> None:
    begin(newcomer, page)
    context = chromium.new_context(
        java_script_enabled=False,
        locale="ja-JP",
        viewport={"width": 390, "height": 844},
        storage_state=page.context.storage_state(),
    )
    plain = context.new_page()
    plain.goto(f"{newcomer}/templates/new")
    plain.get_by_test_id("name").fill("ようこそ")
    plain.get_by_test_id("bubble.0.text").fill("こんにちは")
    plain.get_by_test_id("add-message").click()
    plain.get_by_test_id("add-confirm").click()
    plain.get_by_test_id("bubble.1.text").fill("ご来店されますか？")
    for number, label in enumerate(("はい", "いいえ")):
        plain.get_by_test_id(f"bubble.1.actions.{number}.label").fill(label)
    plain.get_by_test_id("save").click()
    expect(plain.get_by_test_id("preview")).to_contain_text("いいえ")
    expect(plain.get_by_test_id("version-1")).to_be_visible()
    shoot(plain, "templates-7-phone-ja")
    context.close()
