"""Two wishes that meet, decided both ways; and HubSpot paused, gone on with, and removed."""

import csv

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium import shoot
from tests.browser.test_import import tell
from tests.browser.whole.test_walk import connect, install
from tests.support.processes import wait_until

pytestmark = pytest.mark.browser
NAMES = ("Hanako", "Jiro")


def test_conflicts_are_decided_and_hubspot_is_paused_and_removed(newcomer: str, page: Page) -> None:
    install(newcomer, page)
    connect(page)
    contacts = two_conflicts(newcomer, page)
    decide(newcomer, page, contacts)
    pause_and_go_on(newcomer, page)
    remove(newcomer, page)


def two_conflicts(musubi: str, page: Page) -> list[str]:
    """Hanako is linked. Jiro's contact names her friend too, and hers another friend."""
    users = tell(page, musubi, "/friends", {"count": 2})["user_ids"]
    rows = [{"email": f"{name.lower()}@example.com", "firstname": name} for name in NAMES]
    hanako, jiro = contacts = tell(page, musubi, "/contacts", {"rows": rows})["ids"]
    write(page, musubi, hanako, users[0])
    row = f"{musubi}/friends?linked=yes"
    reload_until(page, row, page.get_by_text("hanako@example.com"))
    write(page, musubi, jiro, users[0])
    write(page, musubi, hanako, users[1])
    waiting = page.get_by_test_id("conflicts-wait")
    reload_until(page, f"{musubi}/friends", waiting.get_by_text("2 conflicts wait"))
    shoot(page, "conflicts-1-friends")
    found: list[str] = contacts
    return found


def write(page: Page, musubi: str, contact: str, user: str) -> None:
    """Somebody types a LINE User ID into HubSpot."""
    body = {"properties": {"line_user_id": user}}

    def is_written() -> bool:
        url = f"{musubi}/sandbox/control/contacts/{contact}"
        return bool(page.request.patch(url, data=body).ok)

    # Musubi makes the property soon after it is installed.
    wait_until(is_written, 20, "the property")


def reload_until(page: Page, url: str, there: Locator) -> None:
    """Look again until it is there."""
    page.goto(url)
    for _ in range(60):
        if there.count():
            return
        page.wait_for_timeout(250)
        page.reload()
    expect(there).to_be_visible()


def value(page: Page, musubi: str, contact: str) -> str:
    """What HubSpot shows."""
    answer = page.request.get(f"{musubi}/sandbox/control/contacts/{contact}").json()
    return str(answer["properties"].get("line_user_id") or "")


def decide(musubi: str, page: Page, contacts: list[str]) -> None:
    """Jiro's wish is turned down; Hanako's contact gets its new friend."""
    page.get_by_test_id("conflicts").click()
    expect(page.get_by_test_id("conflict")).to_have_count(2)
    both_languages(page, "conflicts-2-waiting")
    for name, deed in zip(reversed(NAMES), ("keep", "move"), strict=True):
        wish = page.get_by_test_id("conflict").filter(
            has=page.get_by_test_id("asked-for").get_by_text(name)
        )
        wish.get_by_test_id(deed).click()
        expect(page.get_by_test_id("notice")).to_be_visible()
    expect(page.get_by_test_id("no-conflicts")).to_be_visible()
    expect(page.get_by_test_id("decided").get_by_role("listitem")).to_have_count(2)
    both_languages(page, "conflicts-3-decided")
    linked = page.get_by_test_id("row").filter(has_text="hanako@example.com")
    reload_until(page, f"{musubi}/friends?linked=yes", linked.get_by_text("Friend 2"))
    expect(page.get_by_test_id("row")).to_have_count(1)
    for _ in range(60):
        if not value(page, musubi, contacts[1]):
            break
        page.wait_for_timeout(250)
    assert value(page, musubi, contacts[1]) == ""


def pause_and_go_on(musubi: str, page: Page) -> None:
    page.goto(f"{musubi}/settings")
    page.get_by_test_id("hubspot-settings").click()
    page.get_by_test_id("pause-ask").click()
    both_languages(page, "hubspot-1-pause-ask", "pause-ask")
    page.get_by_test_id("pause").click()
    expect(page.get_by_test_id("connection")).to_contain_text("Everything is kept")
    both_languages(page, "hubspot-2-paused")
    page.goto(musubi)
    expect(page.get_by_text("HubSpot is paused").first).to_be_visible()
    shoot(page, "hubspot-3-dashboard")
    page.goto(f"{musubi}/settings/hubspot")
    page.get_by_test_id("resume").click()
    expect(page.get_by_test_id("connection")).to_contain_text("Connected")
    shoot(page, "hubspot-4-goes-on")


def remove(musubi: str, page: Page) -> None:
    page.get_by_test_id("remove-ask").click()
    expect(page.get_by_test_id("loss")).to_contain_text("1 link ")
    both_languages(page, "hubspot-5-remove-ask", "remove-ask")
    with page.expect_download() as waiting:
        page.get_by_test_id("export-csv").click()
    rows = list(csv.DictReader(waiting.value.path().read_text("utf-8-sig").splitlines()))
    assert [row["email"] for row in rows] == ["hanako@example.com"]
    page.get_by_test_id("remove").click()
    # Nobody reloads: the page looks by itself.
    expect(page.get_by_test_id("connect-hubspot")).to_be_visible(timeout=60_000)
    both_languages(page, "hubspot-6-removed")
    page.goto(f"{musubi}/friends")
    expect(page.get_by_test_id("row").first).to_be_visible()
    expect(page.get_by_text("hanako@example.com")).to_have_count(0)


def both_languages(page: Page, name: str, opened: str = "") -> None:
    """Keep the page in English and Japanese, and as a phone shows it; then go on in English."""
    at = page.url.partition("?")[0]
    for language in ("ja", "en"):
        page.goto(f"{at}?lang={language}")
        if opened:
            page.get_by_test_id(opened).click()
        shoot(page, f"{name}-{language}")
    size = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    shoot(page, f"{name}-phone")
    assert size is not None
    page.set_viewport_size(size)
