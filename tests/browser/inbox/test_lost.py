"""The server's word is lost on its way: the same answer, sent again, goes out once."""

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.inbox.test_inbox import CHAT, say
from tests.browser.whole.test_walk import connect, install, link_on_the_phone, make_qr_code

pytestmark = pytest.mark.browser
TEXT = "Yes, from ten."


def test_the_same_words_sent_again_arrive_once(
    newcomer: str, page: Page, chromium: Browser
) -> None:
    install(newcomer, page)
    connect(page)
    phone = page.context.new_page()
    link_on_the_phone(newcomer, phone, make_qr_code(page))
    phone.goto(newcomer + CHAT)
    say(phone, "Are you open on Sunday?")
    page.goto(f"{newcomer}/inbox")
    page.get_by_test_id("conversation-1").click()

    def lose(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort()

    def send(words: str) -> None:
        page.get_by_test_id("reply-text").fill(words)
        page.get_by_test_id("send").click()

    page.route("**/answer", lose)
    send(TEXT)
    page.wait_for_url("chrome-error://**")
    page.unroute("**/answer")
    page.goto(f"{newcomer}/inbox/1")
    expect(page.get_by_test_id("turn-out")).to_have_count(1)
    expect(page.get_by_test_id("reply-text")).to_have_value(TEXT)
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("reply-text")).to_have_value("")
    expect(page.get_by_test_id("turn-out")).to_have_count(1)
    # What was said is said again where somebody means it.
    send(TEXT)
    expect(page.get_by_test_id("turn-out")).to_have_count(2)
    phone.reload()
    expect(phone.get_by_test_id("bubbles").get_by_text(TEXT)).to_have_count(2)
