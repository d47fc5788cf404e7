"""The session ends while somebody writes: it is said, and they go on where they were."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from plugin.models import Template, db
from plugin.services.message_templates.library import create_template
from plugin.web.inbox.live import forget_sessions
from tests.browser.places import signed_in
from tests.services.inbox.talks import messages_of, talk
from tests.support.world import Tenant, World

pytestmark = pytest.mark.browser


@pytest.fixture
def context(world: World, alice: Tenant, chromium: Browser) -> Iterator[BrowserContext]:
    forget_sessions()
    context = signed_in(chromium, world, alice, viewport={"width": 1280, "height": 900})
    yield context
    context.close()


def sign_out(world: World, page: Page) -> None:
    other = page.context.new_page()
    other.goto(f"{world.url}/friends")
    other.get_by_test_id("person").click()
    other.get_by_test_id("sign-out").click()
    expect(other.get_by_test_id("install")).to_be_visible()
    other.close()
    forget_sessions()


def sign_in_again(page: Page) -> None:
    with page.context.expect_page() as opened:
        page.get_by_test_id("sign-in-again").click()
    opened.value.get_by_test_id("consent-approve").click()
    expect(opened.value.get_by_test_id("person")).to_be_visible()
    opened.value.close()


def test_an_answer_is_sent_after_signing_in_again(
    world: World, alice: Tenant, context: BrowserContext
) -> None:
    conversation_id = talk(world, alice, "Are you open?")
    page = context.new_page()
    page.goto(f"{world.url}/inbox/{conversation_id}")
    expect(page.get_by_test_id("signed-out")).to_be_hidden()
    page.get_by_test_id("reply-text").fill("Yes, from ten.")
    sign_out(world, page)
    expect(page.get_by_test_id("signed-out")).to_be_visible()
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("signed-out")).to_be_in_viewport()
    expect(page.get_by_test_id("reply-text")).to_have_value("Yes, from ten.")
    sign_in_again(page)
    expect(page.get_by_test_id("signed-out")).to_be_hidden()
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("turn-out")).to_contain_text("Yes, from ten.")
    with world.app.app_context():
        assert messages_of(conversation_id)[-1].text == "Yes, from ten."


def test_a_template_is_kept_after_signing_in_again(
    world: World, alice: Tenant, context: BrowserContext
) -> None:
    with world.app.app_context():
        messages = [{"type": "text", "text": "First"}]
        template_id = create_template(world.account(alice), "Welcome", messages).id
    page = context.new_page()
    page.goto(f"{world.url}/templates/{template_id}")
    sign_out(world, page)
    page.get_by_test_id("bubble.0.text").fill("Good morning")
    expect(page.get_by_test_id("signed-out")).to_be_visible()
    sign_in_again(page)
    # What was typed is kept without another key.
    expect(page.locator("#writing input[name=step]")).to_have_value("1")
    expect(page.get_by_test_id("signed-out")).to_be_hidden()
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("notice").first).to_contain_text("version 2")
    with world.app.app_context():
        assert db.session.get_one(Template, template_id).version == 2
