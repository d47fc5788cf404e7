"""A conversation on a phone: everything fits its width, and the friend's words keep their place."""

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from tests.browser.chromium import shoot
from tests.browser.inbox.test_inbox import CHAT, say
from tests.browser.whole.test_walk import connect, install, link_on_the_phone, make_qr_code

pytestmark = pytest.mark.browser
WIDTH, HEIGHT = 390, 844
# Of the screen: the answer before anything is written, and the most it takes.
SMALL, LARGE = 0.3, 0.6


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_answer_is_small_until_it_is_written_and_nothing_scrolls_sideways(
    newcomer: str, page: Page, chromium: Browser, language: str
) -> None:
    install(newcomer, page)
    connect(page)
    phone = page.context.new_page()
    link_on_the_phone(newcomer, phone, make_qr_code(page))
    phone.goto(newcomer + CHAT)
    for number in range(1, 9):
        say(phone, f"Question {number}: are you open on Sunday, and until when?")
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    page.goto(f"{newcomer}/inbox?lang={language}")
    page.get_by_test_id("conversation-1").click()
    newest = page.get_by_test_id("turn-in").last
    expect(newest).to_contain_text("Question 8")
    fits(page)
    answer = page.locator(".replying")
    assert box(answer)["height"] <= SMALL * HEIGHT
    assert_above(newest, answer)
    shoot(page, f"inbox-phone-{language}-1")
    before = box(page.get_by_test_id("reply-text"))["height"]
    page.get_by_test_id("reply-text").fill("\n".join(f"Line {number}" for number in range(1, 12)))
    assert box(page.get_by_test_id("reply-text"))["height"] > 2 * before
    assert box(answer)["height"] <= LARGE * HEIGHT
    assert_above(newest, answer)
    fits(page)
    shoot(page, f"inbox-phone-{language}-2-written")
    # What can be added is scrolled; the button that sends stays in sight.
    page.get_by_test_id("attach").click()
    send = box(page.get_by_test_id("send"))
    assert send["y"] + send["height"] <= box(answer)["y"] + box(answer)["height"] + 1
    shoot(page, f"inbox-phone-{language}-3-added")
    page.get_by_test_id("attach").click()
    # Whoever blocked the account can be sent nothing, so nothing is said of its price.
    phone.get_by_test_id("block").click()
    expect(page.get_by_test_id("closed-why")).to_be_visible()
    expect(page.get_by_test_id("cost")).to_be_hidden()
    page.reload()
    expect(page.get_by_test_id("closed-why")).to_be_visible()
    expect(page.get_by_test_id("cost")).to_be_hidden()
    fits(page)
    expect(page.get_by_test_id("send")).to_be_in_viewport(ratio=1)
    shoot(page, f"inbox-phone-{language}-3-blocked")


def box(part: Locator) -> FloatRect:
    """Where it stands; the open page may just be exchanging it."""
    for _ in range(20):
        expect(part).to_be_visible()
        found = part.bounding_box()
        if found is not None:
            return found
    pytest.fail(f"{part} never stands still")


def assert_above(newest: Locator, answer: Locator) -> None:
    """Their end stands above the answer, on the screen."""
    expect(newest).to_be_in_viewport()
    end = box(newest)["y"] + box(newest)["height"]
    assert end <= box(answer)["y"] + 1


def fits(page: Page) -> None:
    """Neither the page nor the deeds go on beyond the screen's edge; who answers can be read."""
    for part in ("document.documentElement", "document.querySelector('.about')"):
        assert page.evaluate(f"{part}.scrollWidth - {part}.clientWidth") <= 0, part
    for deed in page.locator(".about .deeds button:visible").all():
        assert box(deed)["x"] + box(deed)["width"] <= WIDTH
    assert box(page.get_by_test_id("assign"))["width"] > WIDTH / 2
