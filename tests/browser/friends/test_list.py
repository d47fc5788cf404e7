"""The list of friends: sorted, ticked, tagged, broadcast to; by touch on a phone, in Japanese."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import shoot
from tests.browser.test_conflicts import both_languages, reload_until, write
from tests.browser.test_import import tell
from tests.browser.whole.test_walk import connect, install

pytestmark = pytest.mark.browser
FRIENDS = 30


def test_friends_are_sorted_chosen_tagged_and_sent_to(
    newcomer: str, page: Page, chromium: Browser
) -> None:
    problems: list[str] = []
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    install(newcomer, page)
    connect(page)
    thirty_friends(newcomer, page)
    sort(newcomer, page)
    tag_the_ticked(newcomer, page)
    broadcast_to_all_who_fit(newcomer, page)
    save_the_filter(newcomer, page)
    on_a_phone(newcomer, page, chromium)
    assert not problems


def thirty_friends(musubi: str, page: Page) -> None:
    """Two of them are linked."""
    users = tell(page, musubi, "/friends", {"count": FRIENDS})["user_ids"]
    events = [{"type": "follow", "source": {"type": "user", "userId": user}} for user in users]
    tell(page, musubi, "/line-events", {"events": events})
    rows = [{"email": f"{name}@example.com", "firstname": name} for name in ("hanako", "jiro")]
    contacts = tell(page, musubi, "/contacts", {"rows": rows})["ids"]
    for contact, user in zip(contacts, users, strict=False):
        write(page, musubi, contact, user)
    both_linked = page.get_by_text(f"2 of {FRIENDS} are linked.")
    reload_until(page, f"{musubi}/friends", both_linked)
    both_languages(page, "friends-1-list")


def names(page: Page) -> list[str]:
    return page.get_by_test_id("friend").locator("strong").all_inner_texts()


def sort(musubi: str, page: Page) -> None:
    page.goto(f"{musubi}/friends?sort=seen")
    # A wide table names a column in its heading alone.
    label = page.locator(".people-rows .label").first
    expect(label).to_be_attached()
    expect(label).to_be_hidden()
    page.goto(f"{musubi}/friends")
    page.get_by_test_id("sort-name").click()
    expect(page.get_by_role("columnheader", name="Friend")).to_have_attribute(
        "aria-sort", "ascending"
    )
    first = names(page)
    assert first == sorted(first)
    page.get_by_test_id("older").click()
    expect(page.get_by_test_id("row")).to_have_count(FRIENDS - 20)
    assert names(page)[0] >= first[-1]
    page.get_by_test_id("sort-linked").click()
    expect(page.get_by_test_id("row")).to_have_count(2)
    expect(page.get_by_test_id("filter-linked")).to_have_value("yes")
    shoot(page, "friends-2-sorted")


def tag_the_ticked(musubi: str, page: Page) -> None:
    """First without anybody ticked."""
    page.goto(f"{musubi}/friends")
    page.get_by_test_id("tag-them").click()
    expect(page.get_by_test_id("notice")).to_contain_text("Nobody is ticked.")
    page.get_by_test_id("tick-all").check()
    expect(page.get_by_test_id("ticked")).to_contain_text("20")
    for row in range(17):
        page.get_by_test_id("tick").nth(row).uncheck()
    expect(page.get_by_test_id("ticked")).to_contain_text("3")
    shoot(page, "friends-3-ticked")
    page.get_by_test_id("tag-them").click()
    expect(page.get_by_test_id("found")).to_contain_text("The 3 friends you chose.")
    page.get_by_test_id("tags").fill("spring")
    shoot(page, "friends-4-tag")
    page.get_by_test_id("give").click()
    expect(page.get_by_text("3 friends were looked at, 3 changed.")).to_be_visible()


def broadcast_to_all_who_fit(musubi: str, page: Page) -> None:
    page.goto(f"{musubi}/friends?tag=spring")
    page.get_by_test_id("whom").select_option("all")
    page.get_by_test_id("broadcast-to-them").click()
    expect(page.get_by_test_id("found")).to_contain_text("3 friends of Sandbox Shop.")
    both = page.url
    page.goto(f"{both}&lang=ja")
    shoot(page, "friends-5-broadcast-ja")
    page.goto(f"{both}&lang=en")
    page.get_by_test_id("name").fill("Spring sale")
    page.get_by_test_id("begin").click()
    expect(page.get_by_test_id("who-form")).to_be_visible()
    expect(page.get_by_test_id("name")).to_have_value("Spring sale")
    shoot(page, "friends-6-who")


def save_the_filter(musubi: str, page: Page) -> None:
    page.goto(f"{musubi}/friends?status=following&linked=no")
    page.get_by_test_id("save-filter").click()
    page.get_by_test_id("name").fill("Not linked yet")
    shoot(page, "friends-7-save")
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("counts")).to_contain_text(f"{FRIENDS - 2} of {FRIENDS}")
    expect(page.get_by_test_id("filter-segment").locator("option:checked")).to_contain_text(
        "Not linked yet"
    )


def on_a_phone(musubi: str, page: Page, chromium: Browser) -> None:
    """By touch, in Japanese; nothing is wider than the screen, and a tick has room for a thumb."""
    state = page.context.storage_state()
    phone = chromium.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, storage_state=state
    )
    small = phone.new_page()
    small.goto(f"{musubi}/friends?lang=ja")
    small.get_by_test_id("tick").first.tap()
    small.get_by_test_id("tick").nth(1).tap()
    expect(small.get_by_test_id("ticked")).to_contain_text("2")
    expect(small.get_by_test_id("whom")).to_have_value("ticked")
    shoot(small, "friends-8-phone")
    box = small.locator(".tick label").nth(1).bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44
    assert small.evaluate("document.documentElement.scrollWidth") <= 390
    small.get_by_test_id("broadcast-to-them").tap()
    expect(small.get_by_test_id("found")).to_contain_text("2人")
    assert small.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(small, "friends-9-phone-broadcast")
    phone.close()
