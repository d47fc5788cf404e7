"""An administrator adds a receiver, tries it out, and sees what comes of it; and lets another tool
have LINE's calls again."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from plugin.models.transaction import transaction
from tests.browser.chromium import PATIENCE_MS, shoot
from tests.browser.places import signed_in
from tests.gateways.scripted_server import Reply, ScriptedServer
from tests.services.outgoing.receiving import (
    PATH,
    ids,
    is_signed,
    private_allowed,
    received,
    receiver_of,
    server,
    time_passes,
)
from tests.support.people import linked
from tests.support.world import ALICE, BOB, Tenant, World
from tests.webhooks.test_relay import Line, body_of

pytestmark = pytest.mark.browser


@pytest.fixture
def hooks(world: World) -> Iterator[ScriptedServer]:
    with private_allowed(world), server() as scripted:
        yield scripted


@pytest.fixture(params=[1280, 390])
def page(
    request: pytest.FixtureRequest, chromium: Browser, world: World, alice: Tenant
) -> Iterator[Page]:
    size = {"width": request.param, "height": 844}
    context = signed_in(chromium, world, alice, viewport=size)
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def fits(page: Page, name: str) -> bool:
    """Whether nothing is wider than the window; keeps a picture of it."""
    assert page.viewport_size is not None
    shoot(page, f"webhooks-{name}-{page.viewport_size['width']}")
    width: bool = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return width


def add(page: Page, world: World, url: str) -> str:
    """Add a receiver from the settings; answers its secret."""
    page.goto(f"{world.url}/settings")
    page.get_by_test_id("open-webhooks").click()
    page.get_by_test_id("new").click()
    page.get_by_test_id("url").fill(url)
    page.get_by_test_id("event-message.received").uncheck()
    page.get_by_test_id("save").click()
    secret = page.get_by_test_id("secret").input_value()
    assert fits(page, "secret")
    page.get_by_test_id("done").click()
    return secret


def test_a_receiver_is_added_tried_and_told(
    page: Page, world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    secret = add(page, world, hooks.url + PATH)
    expect(page.get_by_test_id("url")).to_have_text(hooks.url + PATH)
    assert secret not in page.content()
    page.get_by_test_id("test").click()
    expect(page.get_by_test_id("body")).to_contain_text("webhook.test")
    expect(page.get_by_test_id("next")).to_have_text("now")
    world.work()
    # It looks again by itself.
    expect(page.get_by_test_id("outcome")).to_contain_text("Delivered")
    expect(page.get_by_test_id("answer")).to_have_text("ok")
    assert is_signed(secret, hooks.seen[0])
    assert fits(page, "delivery")
    linked(world, alice)
    world.work()
    page.get_by_role("link", name="Receiver").click()
    expect(page.get_by_test_id("delivery")).to_have_text(
        ["A friend was linked with a contact", "Test event"]
    )
    assert [body["type"] for body in received(hooks)] == ["webhook.test", "friend.linked"]
    assert fits(page, "one")


def test_mistakes_are_said_at_their_field_and_what_was_typed_stands(
    page: Page, world: World, hooks: ScriptedServer
) -> None:
    page.goto(f"{world.url}/settings/webhooks/new")
    page.get_by_test_id("url").fill(f"{world.url}/line/webhooks/x")
    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("error-url")).to_contain_text("Musubi's own address")
    expect(page.get_by_test_id("error-events")).to_contain_text("at least one")
    assert page.get_by_test_id("url").input_value().endswith("/line/webhooks/x")
    assert fits(page, "form")


def test_what_was_given_up_is_said_and_sent_once_more(
    page: Page, world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    hooks.on("POST", PATH, Reply(500, "<b>Störung</b>".encode()))
    add(page, world, hooks.url + PATH)
    linked(world, alice, ALICE)
    linked(world, alice, BOB, "U" + "b" * 32)
    world.work()
    page.reload()
    expect(page.get_by_test_id("last-failure")).to_contain_text("It answered 500.")
    for _ in range(3):
        time_passes(world, timedelta(days=1, hours=2))
        world.work()
    page.goto(world.url)
    expect(page.get_by_text("2 events were given up")).to_be_visible()
    page.get_by_role("link", name="Send them once more").click()
    expect(page.get_by_test_id("given-up")).to_contain_text("2 events")
    assert fits(page, "given-up")
    page.get_by_test_id("delivery").first.click()
    expect(page.get_by_test_id("answer")).to_have_text("<b>Störung</b>")
    page.go_back()
    before = set(ids(hooks))
    hooks.on("POST", PATH, Reply(200))
    page.get_by_test_id("replay-given-up").click()
    world.work()
    page.reload()
    expect(page.get_by_test_id("given-up")).to_have_count(0)
    assert set(ids(hooks)[-2:]) == before
    page.get_by_test_id("replay-ask").click()
    page.get_by_test_id("replay-days").click()
    expect(page.get_by_text("2 events are sent once more.")).to_be_visible()


def test_it_is_switched_off_on_renewed_and_removed(
    page: Page, world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    first = add(page, world, hooks.url + PATH)
    page.get_by_test_id("switch-off").click()
    expect(page.get_by_test_id("state")).to_contain_text("Switched off")
    page.get_by_test_id("switch-on").click()
    page.get_by_test_id("secret-ask").click()
    page.get_by_test_id("new-secret").click()
    expect(page.get_by_test_id("both-valid")).to_be_visible()
    assert page.get_by_test_id("secret").input_value() != first
    page.get_by_test_id("done").click()
    receiver_id = int(re.findall(r"\d+$", page.url)[0])
    with world.app.app_context(), transaction():
        receiver = receiver_of(world, receiver_id)
        receiver.halted_at, receiver.halt_reason = receiver.created_at, "failing"
    page.goto(world.url)
    expect(page.get_by_text("switched off by itself")).to_be_visible()
    page.goto(f"{world.url}/settings/webhooks/{receiver_id}")
    expect(page.get_by_test_id("halted")).to_contain_text("five days")
    assert fits(page, "halted")
    page.get_by_test_id("switch-on").click()
    expect(page.get_by_test_id("halted")).to_have_count(0)
    page.get_by_test_id("remove-ask").click()
    page.get_by_test_id("remove").click()
    expect(page.get_by_test_id("empty")).to_be_visible()


def test_lines_calls_go_to_another_tool_again(
    page: Page, world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    with world.app.app_context(), transaction():
        world.account(alice).previous_webhook_url = hooks.url + "/line"
    hooks.on("POST", "/line", Reply(200))
    page.goto(f"{world.url}/accounts/{alice.account_id}")
    page.get_by_test_id("relay").click()
    expect(page.get_by_test_id("url")).to_have_value(hooks.url + "/line")
    expect(page.get_by_test_id("reply-tokens")).to_contain_text("replied to once")
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("relay")).to_contain_text("Waits for LINE's next call")
    line = Line(world, alice)
    line.call(body_of(line.bot, 1))
    world.work()
    page.reload()
    expect(page.get_by_test_id("relay")).to_contain_text("Works")
    expect(page.get_by_test_id("goes-to")).to_have_text(hooks.url + "/line")
    hooks.on("POST", "/line", Reply(404))
    line.call(body_of(line.bot, 2))
    world.work()
    page.goto(world.url)
    expect(page.get_by_text("does not take LINE's calls")).to_be_visible()
    page.get_by_role("link", name="See the relay").click()
    expect(page.get_by_test_id("last-failure")).to_contain_text("It answered 404.")
    assert fits(page, "relay")
    page.get_by_test_id("stop-ask").click()
    page.get_by_test_id("stop").click()
    expect(page.get_by_test_id("goes-to")).to_have_count(0)
    assert {seen.body for seen in hooks.sent_to("/line")} == {
        body_of(line.bot, 1), body_of(line.bot, 2),
    }  # fmt: skip
