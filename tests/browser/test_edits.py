"""Edits in a real browser: what is too large is said before it is sent, and nothing slips away."""

import pytest
from playwright.sync_api import Browser, Dialog, FilePayload, Page, Request, expect

from plugin.web.bodies import LARGEST_FORM
from tests.browser.places import signed_in
from tests.support.people import linked
from tests.support.world import Tenant, World
from tests.web.message_templates.editor import write
from tests.web.qr_codes.test_settings import chosen

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(world: World, alice: Tenant, chromium: Browser) -> "Desk":
    return Desk(world, alice, chromium)


class Desk:
    """A signed-in browser window that notes what it was asked, and what it sent."""

    def __init__(self, world: World, tenant: Tenant, chromium: Browser) -> None:
        self.world, self.tenant = world, tenant
        self.page: Page = signed_in(chromium, world, tenant).new_page()
        self.page.set_default_timeout(20_000)
        self.asked: list[str] = []
        self.stays = True
        self.posts: list[str] = []
        self.page.on("dialog", self._answer)
        self.page.on("request", self._note)

    def _answer(self, dialog: Dialog) -> None:
        self.asked.append(dialog.type)
        if self.stays:
            dialog.dismiss()
        else:
            dialog.accept()

    def _note(self, request: Request) -> None:
        if request.method == "POST":
            self.posts.append(request.url)

    def open(self, path: str) -> Page:
        self.page.goto(self.world.url + path)
        return self.page

    def edit(self) -> Page:
        return self.open(f"/qr-codes/{self.tenant.qr_code_id}/edit")


def file(name: str, size: int) -> FilePayload:
    return {"name": name, "mimeType": "image/png", "buffer": b"x" * size}


def test_a_large_logo_is_refused_before_it_is_sent(desk: Desk) -> None:
    page = desk.edit()
    page.get_by_test_id("greeting").fill("Hello there")
    logo = page.get_by_test_id("logo")
    logo.set_input_files(file("logo.png", 5_000_000))
    said = page.get_by_test_id("logo-size")
    expect(said).to_have_text("The file may have 200 KB at most.")
    page.get_by_test_id("submit").click()
    expect(logo).to_be_focused()
    assert desk.posts == []
    assert page.get_by_test_id("greeting").input_value() == "Hello there"
    expect(page.get_by_test_id("submit")).to_be_enabled()
    logo.set_input_files([])
    expect(said).to_be_hidden()
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("qr-image")).to_be_visible()
    assert desk.asked == []
    assert chosen(desk.world, desk.tenant).greeting == "Hello there"


def test_a_large_file_of_ids_is_refused_before_it_is_sent(desk: Desk) -> None:
    page = desk.open("/import/friends")
    page.locator("#file").set_input_files(file("ids.csv", 9_000_000))
    expect(page.get_by_test_id("file-size")).to_contain_text("larger than 4 MB")
    page.get_by_test_id("upload").click()
    expect(page.locator("#file")).to_be_focused()
    assert desk.posts == []


def test_a_form_that_is_too_large_is_not_sent(desk: Desk) -> None:
    page = desk.open("/qr-codes/new")
    page.evaluate(
        "size => { document.getElementById('name').value = 'x'.repeat(size); }", LARGEST_FORM
    )
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("form-too-large")).to_contain_text("12 MB")
    assert desk.posts == []


def test_unsaved_edits_ask_before_they_are_left(desk: Desk) -> None:
    page = desk.edit()
    page.get_by_test_id("nav-people").first.click()
    expect(page.locator("h1")).to_have_text("Friends")
    assert desk.asked == []
    page = desk.edit()
    page.get_by_test_id("greeting").fill("Hello there")
    page.get_by_test_id("nav-people").first.click(no_wait_after=True)
    page.wait_for_function("() => true")
    assert desk.asked == ["beforeunload"]
    assert page.get_by_test_id("greeting").input_value() == "Hello there"
    page.get_by_test_id("greeting").fill("")
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("qr-image")).to_be_visible()
    assert desk.asked == ["beforeunload"]


@pytest.mark.parametrize("field", ["tick", "day", "file"])
def test_every_kind_of_field_counts_as_an_edit(desk: Desk, field: str) -> None:
    page = desk.edit()
    page.get_by_test_id("name").click()
    if field == "tick":
        page.get_by_test_id("by_form").click()
    elif field == "day":
        page.get_by_test_id("starts_on").fill("2026-01-01")
    else:
        page.get_by_test_id("logo").set_input_files(file("a.png", 10))
    desk.stays = False
    page.get_by_test_id("brand").click()
    expect(page.get_by_test_id("setup")).to_be_visible()
    assert desk.asked == ["beforeunload"]


def test_a_form_that_came_back_is_still_unsaved(desk: Desk) -> None:
    page = desk.edit()
    page.get_by_test_id("destination").fill("nowhere")
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("error-destination")).to_be_visible()
    assert desk.asked == []
    page.get_by_test_id("name").click()
    desk.stays = False
    page.get_by_test_id("brand").click()
    expect(page.get_by_test_id("setup")).to_be_visible()
    assert desk.asked == ["beforeunload"]


def test_the_editor_keeps_its_edits_from_a_test_send(desk: Desk) -> None:
    linked(desk.world, desk.tenant)
    page = desk.open("/templates/" + write(desk.world, desk.tenant).url.rpartition("/")[2])
    page.get_by_test_id("add-message").click()
    page.get_by_test_id("add-text").click()
    expect(page.get_by_test_id("draft-1")).to_be_visible()
    assert desk.asked == []
    page.get_by_test_id("bubble.1.text").fill("Not published yet")
    page.get_by_test_id("test-friend").select_option(index=1)
    page.get_by_test_id("test-send").click()
    expect(page.get_by_test_id("notice").first).to_be_visible()
    expect(page.get_by_test_id("bubble.1.text")).to_have_value("Not published yet")
    assert desk.asked == []


def test_a_test_send_begins_with_nobody(desk: Desk) -> None:
    linked(desk.world, desk.tenant)
    page = desk.open("/templates/" + write(desk.world, desk.tenant).url.rpartition("/")[2])
    assert page.get_by_test_id("test-friend").input_value() == ""
    page.get_by_test_id("test-send").click()
    assert desk.posts == []
