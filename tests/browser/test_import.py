"""The Import page: a list, a property, a bar that moves, and what could not be linked."""

from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.chromium import shoot
from tests.browser.whole.test_walk import connect, install

pytestmark = pytest.mark.browser


def tell(page: Page, musubi: str, path: str, body: dict[str, Any]) -> Any:
    """Machine control of the sandbox inside this Musubi."""
    answer = page.request.post(f"{musubi}/sandbox/control{path}", data=body)
    assert answer.ok, answer.text()
    return answer.json()


def make_list(page: Page, musubi: str, friends: int) -> list[str]:
    """A list whose contacts carry ids of an earlier tool; answers the contacts' ids."""
    ids = tell(page, musubi, "/friends", {"count": friends})["user_ids"]
    values = [*ids, "nonsense", "=1+1", "U" + "0" * 32, ids[0]]
    rows = [{"email": f"user{n}@example.com", "company": one} for n, one in enumerate(values)]
    contacts: list[str] = tell(page, musubi, "/contacts", {"rows": rows})["ids"]
    tell(page, musubi, "/lists", {"name": "Members of the old tool", "contact_ids": contacts})
    return contacts


def test_an_import_from_empty_to_findings(newcomer: str, page: Page) -> None:
    install(newcomer, page)
    connect(page)
    contacts = make_list(page, newcomer, 320)
    page.get_by_test_id("nav-import").first.click()
    expect(page.get_by_test_id("empty")).to_be_visible()
    shoot(page, "import-1-empty")
    save(page)
    expect(page.get_by_test_id("notice")).to_contain_text("begun")
    shoot(page, "import-3-running")
    # Nobody reloads: the page looks by itself.
    expect(page.get_by_test_id("count-linked")).to_have_text("319", timeout=60_000)
    expect(page.get_by_test_id("state").first).to_have_text("Finished")
    expect(page.get_by_test_id("finding")).to_have_count(5)
    shoot(page, "import-4-done")
    look_at_findings(page, contacts[0])
    run_and_remove(page)


def save(page: Page) -> None:
    page.get_by_test_id("new-import").click()
    page.get_by_test_id("q").fill("no list is called so")
    page.get_by_test_id("search").click()
    expect(page.get_by_test_id("no-lists")).to_be_visible()
    page.get_by_test_id("q").fill("old tool")
    page.get_by_test_id("search").click()
    expect(page.get_by_text("Members of the old tool")).to_be_visible()
    page.get_by_test_id("property").select_option("company")
    page.get_by_test_id("every").select_option("60")
    shoot(page, "import-2-new")
    page.get_by_test_id("submit").click()


def look_at_findings(page: Page, first: str) -> None:
    page.get_by_test_id("kind-shared_id").click()
    expect(page.get_by_test_id("finding")).to_have_count(2)
    link = page.get_by_test_id("contact").first
    assert (link.get_attribute("href") or "").endswith(f"/record/0-1/{first}")
    with page.expect_download() as waiting:
        page.get_by_test_id("csv").click()
    text = waiting.value.path().read_text(encoding="utf-8-sig")
    assert len(text.splitlines()) == 6
    assert "'=1+1" in text


def run_and_remove(page: Page) -> None:
    page.get_by_test_id("run").click()
    expect(page.get_by_test_id("count-already")).to_have_text("319", timeout=60_000)
    page.get_by_test_id("more-deeds").click()
    page.get_by_test_id("remove").click()
    expect(page.get_by_test_id("empty")).to_be_visible()


def test_friends_are_imported_from_line_and_from_a_file(newcomer: str, page: Page) -> None:
    install(newcomer, page)
    connect(page)
    ids = tell(page, newcomer, "/friends", {"count": 30})["user_ids"]
    page.get_by_test_id("nav-import").first.click()
    page.get_by_test_id("tab-friends").click()
    expect(page.get_by_test_id("no-runs")).to_be_visible()
    text = "\n".join(["LINE User ID", *ids[:3], "U" + "0" * 32, "nonsense"])
    file = FilePayload(name="ids.csv", mimeType="text/csv", buffer=text.encode())
    page.get_by_test_id("file").set_input_files(file)
    page.get_by_test_id("upload").click()
    run = page.get_by_test_id("run").first
    expect(run).to_contain_text("Finished", timeout=30_000)
    expect(run).to_contain_text("3 friends, 3 of them new")
    expect(run).to_contain_text("1 IDs of nobody")
    page.get_by_test_id("begin").click()
    expect(page.get_by_test_id("run")).to_have_count(2)
    expect(run).to_contain_text("31 friends, 28 of them new", timeout=30_000)
    shoot(page, "import-5-friends")
