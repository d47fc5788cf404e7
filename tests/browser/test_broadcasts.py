"""Broadcasts in a real browser: made for a segment, sent, watched, read; approved; split; quiet."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from plugin.core.clock import utcnow
from plugin.models import Broadcast, Recipient, SendingRules, db
from plugin.models.transaction import transaction
from tests.browser.chromium import PATIENCE_MS, shoot
from tests.browser.places import signed_in
from tests.browser.whole.test_walk import connect, install, link_on_the_phone, make_qr_code
from tests.support.people import line_user, linked
from tests.support.world import ALICE, BOB, Tenant, World
from tests.web.broadcasts.drafts import colleague

pytestmark = pytest.mark.browser
TEXT, SALE = "Hello {{ contact.firstname }}, the sale is on", "https://shop.example.com/sale"


def begin(page: Page, url: str, name: str) -> None:
    page.goto(f"{url}/broadcasts")
    page.get_by_test_id("new-broadcast").first.click()
    page.get_by_test_id("name").fill(name)
    page.get_by_test_id("begin").click()
    expect(page.get_by_test_id("who-form")).to_be_visible()


def write(page: Page, text: str) -> None:
    page.get_by_test_id("source-written").check()
    page.get_by_test_id("bubble.0.text").fill(text)
    page.get_by_test_id("continue").click()


def test_a_newcomer_sends_to_a_segment_watches_and_reads(newcomer: str, page: Page) -> None:
    install(newcomer, page)
    connect(page)
    link_on_the_phone(newcomer, page, make_qr_code(page))
    page.goto(f"{newcomer}/broadcasts")
    shoot(page, "broadcasts-1-empty")
    begin(page, newcomer, "Spring sale")
    page.get_by_test_id("audience-segment").check()
    page.get_by_test_id("segment").select_option(index=1)
    expect(page.get_by_test_id("segment-count")).to_contain_text("1 friend")
    shoot(page, "broadcasts-2-who")
    page.get_by_test_id("continue").click()
    page.get_by_test_id("bubble.0.text").fill(TEXT)
    expect(page.get_by_test_id("preview")).to_contain_text("Hello firstname")
    add_a_button(page)
    shoot(page, "broadcasts-3-what")
    page.get_by_test_id("continue").click()
    expect(page.get_by_test_id("when-form")).to_be_visible()
    page.get_by_test_id("step-what").click()
    expect(page.get_by_test_id("bubble.0.text")).to_have_value(TEXT)
    page.get_by_test_id("seen-as").locator("summary").click()
    page.locator(".seen-row").nth(1).click()
    expect(page.get_by_test_id("preview")).to_contain_text("Hello Alice")
    page.get_by_test_id("step-check").click()
    expect(page.get_by_test_id("term-reach")).to_contain_text("1")
    shoot(page, "broadcasts-4-check")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("run")).to_contain_text("Finished", timeout=2 * PATIENCE_MS)
    expect(page.get_by_test_id("term-sent")).to_contain_text("1")
    expect(page.get_by_test_id("about")).to_contain_text("people as of")
    shoot(page, "broadcasts-5-finished")
    broadcast = page.url
    page.goto(f"{newcomer}/sandbox/phone/alice/chat/2000000001")
    expect(page.get_by_test_id("bubbles")).to_contain_text("Hello Alice, the sale is on")
    page.route(f"{SALE}*", lambda route: route.fulfill(body="The shop"))
    page.get_by_test_id("bubbles").get_by_test_id("tap").last.click()
    page.goto(broadcast)
    expect(page.get_by_test_id("result-tapped")).to_have_text("1")
    expect(page.get_by_test_id("links")).to_contain_text(SALE)
    shoot(page, "broadcasts-6-results")
    page.goto(f"{newcomer}/broadcasts")
    expect(page.get_by_test_id("broadcast")).to_contain_text("100%")
    page.goto(broadcast)
    page.get_by_test_id("result-tapped").get_by_role("link").click()
    expect(page.get_by_test_id("recipient")).to_have_count(1)


def add_a_button(page: Page) -> None:
    page.get_by_test_id("add-message").click()
    page.get_by_test_id("add-buttons").click()
    page.get_by_test_id("bubble.1.text").fill("Twenty percent off")
    page.get_by_test_id("bubble.1.actions.0.label").fill("Open the shop")
    page.get_by_test_id("bubble.1.actions.0.to").fill(SALE)
    expect(page.get_by_test_id("preview")).to_contain_text("Open the shop")


def rules(world: World, tenant: Tenant, **values: object) -> None:
    with world.app.app_context(), transaction() as session:
        session.add(
            SendingRules(official_account_id=tenant.account_id, changed_at=utcnow(), **values)
        )


def two_friends(world: World, tenant: Tenant) -> None:
    linked(world, tenant, ALICE, line_user("alice"))
    linked(world, tenant, BOB, line_user("bob"))


def to_the_check(page: Page, url: str, name: str = "Spring sale") -> None:
    begin(page, url, name)
    page.get_by_test_id("continue").click()
    write(page, "Hello")
    page.get_by_test_id("continue").click()
    expect(page.get_by_test_id("send-form")).to_be_visible()


def test_a_second_member_approves_what_they_see(
    world: World, alice: Tenant, chromium: Browser
) -> None:
    two_friends(world, alice)
    rules(world, alice, approval_above=1)
    bob = Tenant(colleague(world, alice), alice.installation_id)
    hers, his = signed_in(chromium, world, alice), signed_in(chromium, world, bob)
    page = hers.new_page()
    to_the_check(page, world.url)
    expect(page.get_by_test_id("send")).to_have_text("Ask for approval")
    page.get_by_test_id("send").click()
    world.work()
    page.reload()
    expect(page.get_by_test_id("approval")).to_contain_text("another member")
    other = his.new_page()
    other.goto(page.url)
    expect(other.get_by_test_id("bubble-text")).to_have_text("Hello")
    shoot(other, "broadcasts-7-approval")
    other.get_by_test_id("approve").click()
    expect(other.get_by_test_id("approve")).to_have_count(0)
    world.work()
    # Without a reload: the page looks again while it is sent.
    expect(other.get_by_test_id("run")).to_contain_text("Finished")
    hers.close()
    his.close()


def test_a_split_test_on_a_phone_in_japanese(
    world: World, alice: Tenant, chromium: Browser
) -> None:
    two_friends(world, alice)
    context = signed_in(chromium, world, alice, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{world.url}/?lang=ja")
    begin(page, world.url, "春のセール")
    page.get_by_test_id("continue").click()
    write(page, "こんにちは")
    page.get_by_test_id("step-what").click()
    page.get_by_test_id("add-variant").click()
    expect(page.get_by_test_id("variant-1")).to_have_attribute("aria-current", "page")
    page.get_by_test_id("bubble.0.text").fill("おはようございます")
    page.get_by_test_id("split_percent").fill("50")
    shoot(page, "broadcasts-8-split-phone-ja")
    page.get_by_test_id("continue").click()
    page.get_by_test_id("continue").click()
    expect(page.get_by_test_id("send")).to_contain_text("友だち2人に送信")
    shoot(page, "broadcasts-9-check-phone-ja")
    page.get_by_test_id("send").click()
    world.work()
    page.reload()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "broadcasts-10-running-phone-ja")
    with world.app.app_context():
        broadcast = db.session.scalars(db.select(Broadcast)).one()
        assert (broadcast.split_percent, broadcast.state) == (50, "sending")
    context.close()


def test_what_cannot_go_out_yet_has_no_button_to_press(
    world: World, alice: Tenant, chromium: Browser
) -> None:
    two_friends(world, alice)
    context = signed_in(chromium, world, alice)
    page = context.new_page()
    begin(page, world.url, "Spring sale")
    page.get_by_test_id("continue").click()
    page.get_by_test_id("step-check").click()
    expect(page.get_by_test_id("problems")).to_contain_text("Write a message")
    expect(page.get_by_test_id("send")).to_be_disabled()
    context.close()


def test_quiet_hours_hold_a_broadcast_until_they_end(
    world: World, alice: Tenant, chromium: Browser
) -> None:
    two_friends(world, alice)
    opens = ((utcnow() + timedelta(hours=9)).hour + 2) % 24 * 60
    rules(world, alice, open_hours=[[opens, (opens + 60) % 1440]] * 7, time_zone="Asia/Tokyo")
    context = signed_in(chromium, world, alice)
    page = context.new_page()
    to_the_check(page, world.url)
    expect(page.get_by_test_id("waits")).to_contain_text("2 of 2 wait until")
    shoot(page, "broadcasts-11-quiet")
    page.get_by_test_id("send").click()
    world.work()
    page.reload()
    expect(page.get_by_test_id("reason")).to_contain_text("quiet hours")
    expect(page.get_by_test_id("term-waiting")).to_contain_text("2")
    with world.app.app_context():
        assert {row.state for row in db.session.scalars(db.select(Recipient))} == {"waiting"}
    page.get_by_test_id("cancel-ask").click()
    page.get_by_test_id("cancel").click()
    expect(page.get_by_test_id("send-form")).to_be_visible()
    context.close()
