"""The email walk in a real browser: prepared, pasted, tried, sent, pressed, linked."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import shoot
from tests.browser.whole.test_walk import connect, install, make_qr_code

pytestmark = pytest.mark.browser
PORTAL, ALICE = 20000001, 150000000001


def test_from_a_list_to_a_linked_friend(newcomer: str, page: Page) -> None:
    install(newcomer, page)
    connect(page)
    make_qr_code(page)
    prepare_a_list(page)
    typed = copy_the_text(page)
    see_a_test_send(newcomer, page, typed)
    see_the_preview(newcomer, page)
    press_the_button(newcomer, page, typed)
    press_it_again(newcomer, page, typed)
    the_page_counts_it(newcomer, page)


def prepare_a_list(page: Page) -> None:
    page.get_by_test_id("nav-email").first.click()
    expect(page.get_by_test_id("none-yet")).to_be_visible()
    shoot(page, "email-1-empty")
    page.get_by_test_id("prepare").click()
    page.get_by_test_id("q").fill("all")
    page.get_by_test_id("search").click()
    page.get_by_test_id("lists").get_by_role("radio").first.check()
    shoot(page, "email-2-choose")
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("state")).to_have_text("Kept prepared")
    expect(page.get_by_test_id("made")).to_have_text("3")
    expect(page.get_by_test_id("unwritten")).to_have_text("0")
    shoot(page, "email-3-done")


def copy_the_text(page: Page) -> str:
    page.get_by_test_id("to-guide").click()
    expect(page.get_by_test_id("paste-url")).to_have_value("{{ contact.line_linkage_url }}")
    shoot(page, "email-4-guide")
    return page.get_by_test_id("paste-token").input_value()


def open_mailbox(musubi: str, page: Page, typed: str) -> None:
    place = quote(typed.partition("?")[0], safe="")
    page.goto(f"{musubi}/sandbox/mailbox?portal={PORTAL}&contact={ALICE}&page={place}")


def see_a_test_send(musubi: str, page: Page, typed: str) -> None:
    open_mailbox(musubi, page, typed)
    shoot(page, "email-5-mailbox")
    for mail in ("test", "empty"):
        open_mailbox(musubi, page, typed)
        page.get_by_test_id(f"mail-{mail}-button").click()
        expect(page.get_by_test_id("outcome")).to_contain_text("test send")
        expect(page.get_by_test_id("friend-page")).to_contain_text("specific contact")
    shoot(page, "email-6-test-send")


def see_the_preview(musubi: str, page: Page) -> None:
    page.goto(f"{musubi}/email/try")
    page.get_by_test_id("email").fill("alice@example.com")
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("has-link")).to_be_visible()
    page.get_by_test_id("make-preview").click()
    shoot(page, "email-7-try")
    page.goto(page.get_by_test_id("preview-url").input_value())
    expect(page.get_by_test_id("preview")).to_be_visible()
    page.get_by_test_id("continue").click()
    expect(page.get_by_test_id("contact-side")).to_contain_text("Alice Example")
    shoot(page, "email-8-preview")
    page.get_by_test_id("link").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("linked")
    expect(page.get_by_test_id("preview")).to_contain_text("nobody is linked")
    page.goto(f"{musubi}/friends?linked=yes")
    expect(page.get_by_test_id("row")).to_have_count(0)


def press_the_button(musubi: str, page: Page, typed: str) -> None:
    open_mailbox(musubi, page, typed)
    page.get_by_test_id("mail-url-button").click()
    expect(page.get_by_test_id("continue")).to_be_visible()
    shoot(page, "email-9-landing")
    page.get_by_test_id("continue").click()
    page.get_by_role("button", name=re.compile("alice", re.IGNORECASE)).first.click()
    page.get_by_test_id("consent-allow").click()
    page.get_by_test_id("friend-add").click()
    expect(page.get_by_test_id("contact-side")).to_contain_text("Alice Example")
    shoot(page, "email-10-confirm")
    page.get_by_test_id("link").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("is linked")
    page.goto(f"{musubi}/friends?linked=yes")
    row = page.get_by_test_id("row").first
    expect(row).to_contain_text("alice@example.com")
    expect(row).to_contain_text("by email link")
    shoot(page, "email-11-friends")


def press_it_again(musubi: str, page: Page, typed: str) -> None:
    open_mailbox(musubi, page, typed)
    page.get_by_test_id("mail-url-button").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("linked already")


def the_page_counts_it(musubi: str, page: Page) -> None:
    page.goto(f"{musubi}/email")
    page.get_by_test_id("preparation").get_by_role("link").first.click()
    expect(page.get_by_test_id("used")).to_have_text("1")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "email-12-phone")
