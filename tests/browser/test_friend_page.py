"""A friend's page: unlinked, asked why, linked by hand with a contact of HubSpot, and tagged."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import shoot
from tests.browser.test_conflicts import both_languages, reload_until, write
from tests.browser.test_import import tell
from tests.browser.whole.test_walk import connect, install

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


def test_a_friend_is_unlinked_asked_about_and_linked_by_hand(newcomer: str, page: Page) -> None:
    install(newcomer, page)
    connect(page)
    a_linked_friend(newcomer, page)
    unlink_and_ask_why(page)
    link_by_hand(page)
    tag(page)
    on_a_phone(page)


def a_linked_friend(musubi: str, page: Page) -> None:
    """Somebody writes a friend's id into Hanako's contact; Jiro's has none."""
    (user,) = tell(page, musubi, "/friends", {"count": 1})["user_ids"]
    rows = [
        {"email": f"{name.lower()}@example.com", "firstname": name} for name in ("Hanako", "Jiro")
    ]
    hanako, _ = tell(page, musubi, "/contacts", {"rows": rows})["ids"]
    write(page, musubi, hanako, user)
    row = page.get_by_test_id("row").filter(has_text="hanako@example.com")
    reload_until(page, f"{musubi}/friends?linked=yes", row)
    row.get_by_test_id("friend").click()
    both_languages(page, "friend-1-linked")


def unlink_and_ask_why(page: Page) -> None:
    page.get_by_test_id("unlink-ask").click()
    page.get_by_test_id("unlink").click()
    expect(page.get_by_test_id("no-contact")).to_be_visible()
    expect(page.get_by_test_id("why-first")).to_contain_text("Unlinked from contact")
    page.get_by_test_id("why-open").locator("summary").click()
    expect(page.get_by_test_id("step").first).to_be_visible()
    both_languages(page, "friend-2-unlinked")
    page.get_by_test_id("why-open").locator("summary").click()
    page.get_by_test_id("why-reached").get_by_role("link", name="See why").click()
    expect(page.get_by_test_id("why-linked")).to_be_visible()
    both_languages(page, "friend-3-why")
    page.locator(".crumbs a").last.click()


def link_by_hand(page: Page) -> None:
    page.get_by_test_id("link-by-hand").click()
    page.get_by_test_id("words").fill("nobody at all")
    page.get_by_test_id("find").click()
    expect(page.get_by_test_id("nobody")).to_be_visible()
    expect(page.get_by_test_id("words")).to_have_value("nobody at all")
    page.get_by_test_id("words").fill("jiro")
    page.get_by_test_id("words").press("Enter")
    expect(page.get_by_test_id("candidate")).to_have_count(1)
    shoot(page, "friend-4-candidates")
    page.get_by_test_id("link").click()
    expect(page.get_by_test_id("hubspot-half")).to_contain_text("Jiro")
    expect(page.get_by_test_id("notice")).to_contain_text("Linked.")


def tag(page: Page) -> None:
    for written in ("vip, 東京", "spring"):
        page.get_by_test_id("new-tag").fill(written)
        page.get_by_test_id("new-tag").press("Enter")
        expect(page.get_by_test_id("tags-in-place")).to_contain_text(written.split(", ")[-1])
    page.get_by_role("button", name="Remove the tag “vip”").click()
    expect(page.get_by_test_id("tag")).to_have_count(2)
    page.get_by_test_id("new-tag").fill("x" * 51)
    page.get_by_test_id("add-tag").click()
    expect(page.get_by_test_id("tag-error")).to_be_visible()
    expect(page.get_by_test_id("new-tag")).to_have_value("x" * 51)
    shoot(page, "friend-5-tags")


def on_a_phone(page: Page) -> None:
    """In Japanese, and nothing is wider than the screen."""
    address = page.url.partition("/tags")[0]
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    for path, name in (("", "friend-6-phone"), ("/why", "friend-7-phone-why"),
                       ("/link?q=example.com", "friend-8-phone-link")):  # fmt: skip
        page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang=ja")
        shoot(page, name)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], path
