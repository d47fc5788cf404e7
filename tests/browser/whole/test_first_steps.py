"""How many clicks it takes from `make run` to the first linked friend, and to the first message."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser
MOST_TO_LINK, MOST_TO_MESSAGE = 10, 14


class Hand:
    """Counts what a person does."""

    def __init__(self) -> None:
        self.clicks = 0
        self.typed = 0

    def press(self, target: Locator) -> None:
        target.click()
        self.clicks += 1

    def write(self, target: Locator, text: str) -> None:
        target.fill(text)
        self.typed += 1


def test_the_first_friend_and_the_first_message(first_start: str, page: Page) -> None:
    hand = Hand()
    page.goto(first_start)
    hand.press(page.get_by_test_id("install"))
    hand.press(page.get_by_test_id("consent-approve"))
    hand.press(page.get_by_test_id("do-connect").first)
    hand.press(page.get_by_test_id("submit"))
    hand.press(page.get_by_test_id("account-codes"))
    with page.context.expect_page() as opened:
        hand.press(page.get_by_test_id("sandbox-scan"))
    phone = opened.value
    hand.press(phone.get_by_test_id("continue"))
    hand.press(phone.get_by_test_id("consent-allow"))
    hand.press(phone.get_by_test_id("friend-add"))
    hand.press(phone.get_by_test_id("link"))
    expect(phone.get_by_test_id("outcome")).to_contain_text("linked")
    assert (hand.clicks, hand.typed) == (MOST_TO_LINK, 0)
    hand.press(page.get_by_test_id("sandbox-link"))
    hand.press(page.get_by_test_id("tour-send").get_by_role("link"))
    hand.press(page.get_by_test_id("run-send-message"))
    hand.write(page.get_by_test_id("input-text"), "Hello {{ contact.firstname }}")
    hand.press(page.get_by_test_id("run"))
    result = page.get_by_test_id("execution").first.get_by_test_id("output-result")
    expect(result).to_contain_text(re.compile("sent"))
    phone.goto(f"{first_start}/sandbox/phone/alice/chat/2000000001")
    expect(phone.get_by_test_id("bubbles")).to_contain_text("Hello Alice")
    assert (hand.clicks, hand.typed) == (MOST_TO_MESSAGE, 1)
