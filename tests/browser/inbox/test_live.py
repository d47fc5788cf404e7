"""An open conversation looks by itself: after a refusal, after a lost look, and in the past."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from plugin.web.inbox.live import forget_sessions
from tests.browser.places import signed_in
from tests.services.inbox.talks import conversation_of, talk, write
from tests.support.processes import wait_until
from tests.support.world import Tenant, World

pytestmark = pytest.mark.browser
TEXT = "Yes, from ten."


@pytest.fixture
def conversation_id(world: World, alice: Tenant) -> int:
    forget_sessions()
    return talk(world, alice, "Are you open on Sunday?")


@pytest.fixture
def talked(world: World, alice: Tenant, chromium: Browser, conversation_id: int) -> Iterator[Page]:
    """The open conversation."""
    context = signed_in(chromium, world, alice, viewport={"width": 1280, "height": 500})
    page = context.new_page()
    page.goto(f"{world.url}/inbox/{conversation_id}")
    yield page
    context.close()


def test_after_a_refused_answer_the_page_lives_on(world: World, talked: Page) -> None:
    address = talked.url
    talked.get_by_test_id("reply-text").fill("Yes, {{ contact.nosuch }}")
    talked.get_by_test_id("send").click()
    expect(talked.get_by_test_id("reply-problem")).to_be_visible()
    write(world, "And on Monday?")
    expect(talked.get_by_test_id("thread")).to_contain_text("And on Monday?")
    expect(talked).to_have_url(address)
    talked.get_by_test_id("language-ja").click()
    expect(talked.get_by_test_id("thread")).to_contain_text("And on Monday?")
    expect(talked.get_by_test_id("reply-text")).to_have_value("Yes, {{ contact.nosuch }}")


def test_a_look_that_is_lost_is_made_again(world: World, talked: Page) -> None:
    lost: list[str] = []

    def lose(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.request.url)
            route.abort()

    look(talked)
    talked.route(re.compile(r"/inbox/\d+$"), lose)
    write(world, "And on Monday?")
    expect(talked.get_by_test_id("thread")).to_contain_text("And on Monday?")
    assert lost


def test_what_was_left_while_somebody_was_at_work_comes_afterwards(
    world: World, talked: Page
) -> None:
    expect(talked.get_by_test_id("unread")).to_have_count(0)
    talked.locator("#threads a").first.focus()
    write(world, "And on Monday?")
    expect(talked.get_by_test_id("thread")).to_contain_text("And on Monday?")
    expect(talked.locator("#threads")).not_to_contain_text("And on Monday?")
    talked.get_by_test_id("reply-text").focus()
    expect(talked.locator("#threads")).to_contain_text("And on Monday?")


def test_only_what_is_in_view_is_read(world: World, talked: Page) -> None:
    address, unread = talked.url, talked.get_by_test_id("unread")
    for number in range(8):
        write(world, f"Question {number}")
    expect(talked.get_by_test_id("thread")).to_contain_text("Question 7")
    expect(unread).to_have_count(0)
    talked.goto(f"{address}?before=2099-01-01T00:00:00Z")
    read: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/read"):
            read.append(request.url)

    talked.on("request", note)
    write(world, "Seen in the past")
    expect(unread).to_be_visible()
    look(talked)
    assert read == []
    talked.goto(address)
    expect(unread).to_have_count(0)
    read.clear()
    talked.get_by_test_id("thread").evaluate("thread => { thread.scrollTop = -400; }")
    write(world, "Below the edge")
    expect(unread).to_be_visible()
    look(talked)
    assert read == []
    talked.get_by_test_id("thread").evaluate("thread => { thread.scrollTop = 0; }")
    expect(unread).to_have_count(0)


def test_whoever_leaves_stands_in_nobodys_way(
    world: World, talked: Page, conversation_id: int
) -> None:
    with talked.expect_response(re.compile(r"/typing$")):
        talked.get_by_test_id("reply-text").fill("Half a sentence")
    with world.app.app_context():
        assert conversation_of(conversation_id).answering_by is not None
    talked.goto(f"{world.url}/friends")

    def is_free() -> bool:
        with world.app.app_context():
            return conversation_of(conversation_id).answering_by is None

    wait_until(is_free, 5, "the conversation is free")


def test_the_same_words_written_anew_go_out_again(talked: Page) -> None:
    address = talked.url
    talked.route("**/answer", lose_the_word)
    talked.get_by_test_id("reply-text").fill(TEXT)
    talked.get_by_test_id("send").click()
    talked.wait_for_url("chrome-error://**")
    talked.unroute("**/answer")
    talked.goto(address)
    # They see that it arrived, and clear the field.
    expect(talked.get_by_test_id("turn-out")).to_have_count(1)
    talked.get_by_test_id("reply-text").fill("")
    talked.get_by_test_id("reply-text").fill(TEXT)
    talked.get_by_test_id("send").click()
    expect(talked.get_by_test_id("turn-out")).to_have_count(2)


def look(page: Page) -> None:
    with page.expect_response(re.compile(r"/inbox/live")):
        pass


def lose_the_word(route: Route) -> None:
    route.fetch(max_redirects=0)
    route.abort()
