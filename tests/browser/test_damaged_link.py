"""A personal link that reaches a phone in pieces, in a real browser, in English and Japanese."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import shoot
from tests.browser.whole.test_walk import PORTAL, connect, install, make_qr_code

pytestmark = pytest.mark.browser
BOB = 150000000002


@pytest.fixture
def phones(chromium: Browser) -> Iterator[Callable[[str], Page]]:
    """Windows of a phone's size, each with cookies of its own, in the language asked for."""
    contexts = []

    def new(locale: str) -> Page:
        context = chromium.new_context(locale=locale, viewport={"width": 390, "height": 844})
        context.set_default_timeout(20_000)
        contexts.append(context)
        return context.new_page()

    yield new
    for context in contexts:
        context.close()


def personal_link(musubi: str, page: Page) -> str:
    """Given on the page for trying an e-mail, read from the contact's property in HubSpot."""
    page.goto(f"{musubi}/email/try")
    page.get_by_test_id("email").fill("bob@example.com")
    page.get_by_test_id("submit").click()
    page.get_by_test_id("give-link").click()
    expect(page.get_by_test_id("has-link")).to_be_visible()
    record = page.request.get(f"{musubi}/sandbox/hubspot-app/contacts/{PORTAL}/record/0-1/{BOB}")
    for _ in range(40):
        found = re.search(r"http[^\"]+/l/[^\"]+t=[A-Za-z0-9_-]{43}", record.text())
        if found:
            return found[0]
        page.wait_for_timeout(250)
        record = page.request.get(record.url)
    raise AssertionError("the link never came to HubSpot")


def log_in(phone: Page, person: str) -> None:
    phone.get_by_test_id(f"login-as-{person}").click()
    phone.get_by_test_id("consent-allow").click()


def test_a_link_in_pieces_finds_its_contact_in_another_browser(
    newcomer: str, page: Page, phones: Callable[[str], Page]
) -> None:
    install(newcomer, page)
    connect(page)
    address = make_qr_code(page)
    token = personal_link(newcomer, page).partition("?t=")[2]
    mail, own = phones("en-US"), phones("ja-JP")
    # Behind "#" no server sees it.
    mail.goto(f"{address}#t={token}")
    mail.wait_for_url(f"**?t={token}")
    shoot(mail, "damaged-1-landing")
    mail.get_by_test_id("continue").click()
    log_in(mail, "alice")
    # LINE's app opens the phone's own browser for the way back.
    mail.route("**/line/login/callback**", lambda route: route.fulfill(body="elsewhere"))
    with mail.expect_request("**/line/login/callback**") as back:
        mail.get_by_test_id("friend-add").click()
    own.goto(back.value.url)
    expect(own.get_by_test_id("friend-page")).to_have_attribute("data-outcome", "other_browser")
    shoot(own, "damaged-2-other-browser")
    own.get_by_test_id("deed").click()
    own.get_by_test_id("login-as-alice").click()
    expect(own.get_by_test_id("contact-side")).to_contain_text("Bob Example")
    shoot(own, "damaged-3-confirm")
    own.get_by_test_id("link").click()
    expect(own.get_by_test_id("outcome")).to_be_visible()
    expect(own.get_by_test_id("chat")).to_be_visible()
    shoot(own, "damaged-4-linked")
    own.get_by_test_id("chat").click()
    expect(own).to_have_url(re.compile("/sandbox/"))
