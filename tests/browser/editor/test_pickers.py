"""Pickers of the editor in a real browser: details of the contact, emojis, ready designs."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import shoot
from tests.browser.editor.test_templates import begin

pytestmark = pytest.mark.browser
TEXT = "bubble.0.text"


def test_a_detail_is_inserted_at_the_caret_with_its_default(newcomer: str, page: Page) -> None:
    begin(newcomer, page)
    page.goto(f"{newcomer}/templates/new")
    field = page.get_by_test_id(TEXT)
    field.fill("Dear , welcome")
    field.evaluate("field => field.setSelectionRange(5, 5)")
    page.get_by_test_id(f"tokens-{TEXT}").click()
    page.get_by_test_id("token-search").fill("first")
    page.get_by_test_id("property-firstname").click()
    default = page.get_by_test_id("token-default")
    default.fill("{{ no }}")
    expect(page.get_by_test_id("token-refused")).to_be_visible()
    expect(page.get_by_test_id("token-insert")).to_be_disabled()
    default.fill("it's \\ you")
    shoot(page, "pickers-1-token")
    page.get_by_test_id("token-insert").click()
    expect(field).to_have_value(r"Dear {{ contact.firstname | default('it\'s \\ you') }}, welcome")
    expect(page.get_by_test_id("bubble-text")).to_have_text("Dear it's \\ you, welcome")
    # A caret inside a token goes to its end first.
    field.evaluate("field => field.setSelectionRange(10, 10)")
    page.get_by_test_id(f"emoji-{TEXT}").click()
    page.get_by_test_id("emoji-search").fill("party popper")
    page.get_by_role("button", name="party popper").click()
    expect(page.get_by_test_id("bubble-text")).to_have_text("Dear it's \\ you🎉, welcome")


def test_a_line_emoji_is_chosen_on_a_phone_in_japanese(
    newcomer: str, chromium: Browser, page: Page
) -> None:
    begin(newcomer, page)
    context = chromium.new_context(
        locale="ja-JP",
        viewport={"width": 390, "height": 844},
        storage_state=page.context.storage_state(),
    )
    phone = context.new_page()
    foreign: list[str] = []
    phone.on("request", lambda request: None if request.url.startswith(newcomer)
             else foreign.append(request.url))  # fmt: skip
    phone.goto(f"{newcomer}/templates/new")
    phone.get_by_test_id(TEXT).fill("500$ ")
    phone.get_by_test_id(f"emoji-{TEXT}").click()
    phone.get_by_test_id("emoji-search").fill("花束")
    phone.get_by_test_id("emoji-search").fill("クラッカー")
    expect(phone.get_by_test_id("emoji-list").locator("button")).not_to_have_count(0)
    # Where there are no pictures, numbers stand for them.
    phone.route("**/templates/emojis/**", lambda route: route.abort())
    buttons = phone.get_by_test_id("emoji-list").locator("button")
    phone.get_by_role("button", name="LINE：手").click()
    expect(buttons.first).to_have_text("001")
    phone.unroute("**/templates/emojis/**")
    phone.get_by_role("button", name="LINE：記号").click()
    expect(buttons).to_have_count(239)
    picture = buttons.nth(5).locator("img")
    expect(picture).to_be_visible()
    phone.wait_for_function("image => image.naturalWidth > 0", arg=picture.element_handle())
    shoot(phone, "pickers-2a-line-emojis-phone-ja")
    buttons.nth(5).click()
    expect(phone.get_by_test_id(TEXT)).to_have_value("500$ (line:5ac21a18040ab15980c9b43e/006)")
    expect(phone.get_by_test_id("line-emoji")).to_have_text("006")
    shoot(phone, "pickers-2-emoji-phone-ja")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert foreign == []
    context.close()


def test_a_design_is_chosen_from_the_gallery_and_typed_words_stay(
    newcomer: str, page: Page
) -> None:
    begin(newcomer, page)
    page.goto(f"{newcomer}/templates/new")
    page.get_by_test_id("name").fill("Invitation")
    page.get_by_test_id(TEXT).fill("Hello")
    page.get_by_test_id("add-message").click()
    page.get_by_test_id("open-gallery").click()
    expect(page.get_by_test_id("gallery").locator("li")).to_have_count(8)
    shoot(page, "pickers-3-gallery")
    page.get_by_test_id("choose-event").click()
    page.get_by_test_id("bubble.1.title").fill("Tea in the garden")
    expect(page.get_by_test_id("preview")).to_contain_text("Tea in the garden")
    expect(page.get_by_test_id(TEXT)).to_have_value("Hello")
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("version-1")).to_be_visible()
    expect(page.get_by_test_id("bubble.1.title")).to_have_value("Tea in the garden")
