"""The short form in a real browser: an address typed, a code from the mailbox, a contact linked."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import shoot
from tests.browser.whole.test_walk import connect, install, make_qr_code

pytestmark = pytest.mark.browser
EMAIL = "alice@example.com"


def test_from_a_typed_address_to_a_linked_friend(newcomer: str, page: Page) -> None:
    install(newcomer, page)
    connect(page)
    linkage_url = make_qr_code(page)
    ask_by_form(page)
    page.set_viewport_size({"width": 390, "height": 844})
    scan(newcomer, page, linkage_url)
    page.get_by_test_id("email").fill(EMAIL)
    page.get_by_test_id("name").fill("Alice")
    shoot(page, "form-1-question")
    page.get_by_test_id("send-form").click()
    expect(page.get_by_test_id("code-form")).to_be_visible()
    expect(page.get_by_test_id("friend-page")).to_contain_text(EMAIL)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "form-2-code")
    enter(page, "000000" if newest_code(newcomer, page) != "000000" else "000001")
    expect(page.get_by_role("alert")).to_contain_text("not the code")
    shoot(page, "form-3-wrong")
    page.get_by_test_id("resend").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    enter(page, newest_code(newcomer, page, letters=2))
    expect(page.get_by_test_id("contact-side")).to_contain_text("Alice Example")
    shoot(page, "form-4-confirm")
    page.get_by_test_id("link").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("linked")
    the_team_sees_it(newcomer, page)


def ask_by_form(page: Page) -> None:
    page.goto(f"{page.url}/edit")
    page.get_by_test_id("by_email").uncheck()
    page.get_by_test_id("by_form").check()
    expect(page.get_by_test_id("choices-form")).to_contain_text("A code that is sent there")
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("qr-image")).to_be_visible()


def scan(musubi: str, page: Page, linkage_url: str) -> None:
    page.goto(f"{musubi}/sandbox/phone/bob")
    page.get_by_test_id("open-url").fill(linkage_url)
    page.get_by_test_id("open-button").click()
    page.get_by_test_id("continue").click()
    page.get_by_test_id("consent-allow").click()
    page.get_by_test_id("friend-add").click()
    expect(page.get_by_test_id("who-form")).to_be_visible()


def newest_code(musubi: str, page: Page, letters: int = 1) -> str:
    """Out of the sandbox's mailbox, in a window beside."""
    beside = page.context.new_page()
    beside.goto(f"{musubi}/sandbox/mailbox?portal=20000001&contact=150000000001")
    expect(beside.get_by_test_id("letter")).to_have_count(letters)
    shoot(beside, "form-mailbox")
    text = beside.get_by_test_id("letter-text").first.text_content() or ""
    beside.close()
    found = re.search(r"\b\d{6}\b", text)
    assert found is not None
    return found.group()


def enter(page: Page, code: str) -> None:
    page.get_by_test_id("code").fill(code)
    page.get_by_test_id("send-code").click()


def the_team_sees_it(musubi: str, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{musubi}/friends?linked=yes")
    row = page.get_by_test_id("row").first
    expect(row).to_contain_text("Alice Example")
    expect(row).to_contain_text(EMAIL)
