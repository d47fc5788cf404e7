"""The inbox in real browsers: the friend's phone on one side, the team on the other."""

import re

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser.chromium import PATIENCE_MS, shoot
from tests.browser.whole.test_walk import connect, install, link_on_the_phone, make_qr_code
from tests.services.media.files import picture

pytestmark = pytest.mark.browser
CHAT = "/sandbox/phone/alice/chat/2000000001"


def say(phone: Page, words: str) -> None:
    phone.get_by_test_id("say").fill(words)
    phone.get_by_test_id("send").click()


def test_a_friend_writes_and_is_answered_without_reloading(
    newcomer: str, page: Page, chromium: Browser
) -> None:
    install(newcomer, page)
    connect(page)
    linkage_url = make_qr_code(page)
    phone = page.context.new_page()
    link_on_the_phone(newcomer, phone, linkage_url)
    phone.goto(newcomer + CHAT)
    errors: list[str] = []
    foreign: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(newcomer)
            else foreign.append(request.url))  # fmt: skip
    page.goto(f"{newcomer}/inbox")
    shoot(page, "inbox-1-empty")
    expect(page.get_by_test_id("choose")).to_have_count(0)
    say(phone, "Are you open on Sunday?")
    row = page.get_by_test_id("conversation-1")
    expect(row).to_contain_text("Are you open on Sunday?", timeout=20_000)
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    expect(page.get_by_test_id("choose")).to_be_visible()
    shoot(page, "inbox-1b-first-message")
    row.click()
    expect(page.get_by_test_id("thread")).to_contain_text("Are you open on Sunday?")
    page.get_by_test_id("reply-text").fill("Yes, {{ contact.firstname }}, from ten.")
    shoot(page, "inbox-2-typed")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("answer-state").last).to_contain_text("free")
    phone.reload()
    expect(phone.get_by_test_id("bubbles")).to_contain_text("Yes, Alice, from ten.")
    # What is being typed stays while news arrive.
    page.get_by_test_id("reply-text").fill("Half a sentence")
    say(phone, "Thank you!")
    expect(page.get_by_test_id("thread")).to_contain_text("Thank you!", timeout=20_000)
    expect(page.get_by_test_id("reply-text")).to_have_value("Half a sentence")
    page.reload()
    expect(page.get_by_test_id("reply-text")).to_have_value("Half a sentence")
    shoot(page, "inbox-3-news")
    assert errors == []
    assert foreign == []
    on_a_phone_in_japanese(newcomer, page)


def test_files_both_ways_and_a_draft_that_outlives_a_broken_line(
    newcomer: str, page: Page, chromium: Browser
) -> None:
    install(newcomer, page)
    connect(page)
    phone = page.context.new_page()
    link_on_the_phone(newcomer, phone, make_qr_code(page))
    phone.goto(newcomer + CHAT)
    files = {"photo.jpg": ("image/jpeg", picture()), "price list.pdf": ("application/pdf", b"%PDF")}
    for name, (kind, data) in files.items():
        file = FilePayload(name=name, mimeType=kind, buffer=data)
        with phone.expect_navigation():
            phone.get_by_test_id("file").set_input_files(file)
    say(phone, "What do you think?")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{newcomer}/inbox")
    page.get_by_test_id("conversation-1").click()
    thread = page.get_by_test_id("thread")
    expect(thread.get_by_role("link", name="price list.pdf")).to_be_visible(timeout=20_000)
    shown = thread.locator("img.sent-picture")
    expect(shown).to_be_visible(timeout=20_000)
    assert shown.evaluate("image => image.naturalWidth") > 0
    # The newest words stand above the reply, however small the screen.
    newest = thread.get_by_text("What do you think?")
    expect(newest).to_be_in_viewport(ratio=1)
    below = page.get_by_test_id("reply-form").bounding_box()
    words = newest.bounding_box()
    assert below is not None
    assert words is not None
    assert words["y"] + words["height"] <= below["y"]
    page.get_by_test_id("reply-text").fill("I like it very much.")
    page.route("**/answer", lambda route: route.abort())
    page.get_by_test_id("send").click()
    page.wait_for_url("chrome-error://**")
    page.unroute("**/answer")
    page.goto(f"{newcomer}/inbox/1")
    expect(page.get_by_test_id("reply-text")).to_have_value("I like it very much.")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("answer-state").last).to_contain_text("sent")
    expect(page.get_by_test_id("reply-text")).to_have_value("")
    phone.reload()
    expect(phone.get_by_test_id("bubbles")).to_contain_text("I like it very much.")
    # A block shows itself, and so does its end; what is being typed stays.
    page.get_by_test_id("reply-text").fill("Shall I keep")
    phone.get_by_test_id("block").click()
    expect(page.get_by_test_id("closed-why")).to_be_visible()
    expect(page.get_by_test_id("send")).to_be_disabled()
    expect(page.get_by_test_id("cost")).to_be_hidden()
    phone.get_by_test_id("unblock").click()
    expect(page.get_by_test_id("closed-why")).to_have_count(0)
    expect(page.get_by_test_id("send")).to_be_enabled()
    expect(page.get_by_test_id("reply-text")).to_have_value("Shall I keep")


def on_a_phone_in_japanese(newcomer: str, page: Page) -> None:
    page.set_default_timeout(PATIENCE_MS)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{newcomer}/inbox?lang=ja")
    page.get_by_test_id("conversation-1").click()
    expect(page.get_by_test_id("reply-text")).to_be_visible()
    page.get_by_test_id("reply-text").fill("またどうぞ。")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("answer-state").last).to_contain_text("送信済み")
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    shoot(page, "inbox-4-phone")
