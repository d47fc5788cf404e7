"""A scan on a phone, in a real browser: the LIFF app, its script, the question, the link."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.whole.test_walk import connect, install, make_qr_code

pytestmark = pytest.mark.browser
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    """A phone's window, on which a refused script or call fails the test."""
    context = chromium.new_context(
        locale="en-US", user_agent=IPHONE, viewport={"width": 390, "height": 844}, has_touch=True
    )
    context.set_default_timeout(20_000)
    page, complaints = context.new_page(), []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert not complaints


def test_a_scan_on_a_phone_goes_through_liff(newcomer: str, page: Page, phone: Page) -> None:
    install(newcomer, page)
    connect(page)
    address = make_qr_code(page)
    phone.goto(f"{newcomer}/sandbox/phone/alice")
    phone.get_by_test_id("open-url").fill(address)
    phone.get_by_test_id("open-button").click()
    phone.get_by_test_id("continue").click()
    phone.get_by_test_id("consent-allow").click()
    phone.get_by_test_id("friend-skip").click()
    expect(phone.get_by_test_id("liff-friend")).to_be_visible()
    assert "/liff/" in phone.url
    assert "liff.state" not in phone.url
    with phone.expect_popup() as popup:
        phone.get_by_test_id("liff-add").click()
    popup.value.get_by_test_id("friend-add").click()
    expect(phone.get_by_test_id("contact-side")).to_contain_text("Alice Example")
    phone.get_by_test_id("link").click()
    expect(phone.get_by_test_id("outcome")).to_contain_text("linked")
    expect(phone.get_by_test_id("add-friend")).to_have_count(0)


def test_another_browser_logs_in_and_comes_back_to_the_same_code(
    newcomer: str, page: Page, phone: Page
) -> None:
    install(newcomer, page)
    connect(page)
    phone.goto(make_qr_code(page))
    phone.get_by_test_id("continue").click()
    phone.get_by_test_id("login-as-alice").click()
    phone.get_by_test_id("consent-allow").click()
    phone.get_by_test_id("friend-add").click()
    expect(phone.get_by_test_id("line-side")).to_be_visible()
    phone.get_by_test_id("link").click()
    expect(phone.get_by_test_id("outcome")).to_contain_text("linked")
