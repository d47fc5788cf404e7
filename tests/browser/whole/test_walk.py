"""The newcomer's walk, from an empty folder to a message on the phone and its outputs."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import shoot

pytestmark = pytest.mark.browser
PORTAL, ALICE = 20000001, 150000000001


def test_from_nothing_to_a_message(first_start: str, page: Page) -> None:
    install(first_start, page)
    connect(page)
    linkage_url = make_qr_code(page)
    link_on_the_phone(first_start, page, linkage_url)
    both_sides_show_it(first_start, page)
    send_from_the_portal(first_start, page)


def install(musubi: str, page: Page) -> None:
    page.goto(musubi)
    shoot(page, "1-landing")
    page.get_by_test_id("install").click()
    expect(page.get_by_test_id("consent")).to_contain_text("Musubi")
    shoot(page, "2-consent")
    page.get_by_test_id("consent-approve").click()
    expect(page.get_by_test_id("person")).to_contain_text("admin@example.com")
    shoot(page, "3-dashboard-empty")


def connect(page: Page) -> None:
    page.get_by_test_id("do-connect").first.click()
    expect(page.get_by_test_id("connect-form")).to_be_visible()
    shoot(page, "4-connect")
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("account-name")).to_contain_text("Sandbox Shop")
    shoot(page, "5-account")
    for check in ("channel", "webhook_url", "webhook_active", "webhook_test", "login_channel"):
        expect(page.get_by_test_id(f"check-{check}").locator(".state.ok")).to_be_visible()


def make_qr_code(page: Page) -> str:
    page.get_by_test_id("nav-qr").first.click()
    shoot(page, "6-codes")
    page.get_by_test_id("new-code").first.click()
    page.get_by_test_id("name").fill("Counter card")
    page.get_by_test_id("type-hubspot").check()
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("qr-image")).to_be_visible()
    shoot(page, "7-code")
    for kind in ("png", "svg", "pdf"):
        href = page.get_by_test_id(f"download-{kind}").get_attribute("href") or ""
        answer = page.request.get(page.url.split("/qr-codes")[0] + href)
        assert answer.ok
        assert kind in answer.headers["content-type"]
    return page.get_by_test_id("linkage-url").input_value()


def link_on_the_phone(musubi: str, page: Page, linkage_url: str) -> None:
    page.goto(f"{musubi}/sandbox/phone/alice")
    page.get_by_test_id("open-url").fill(linkage_url)
    shoot(page, "8-phone")
    page.get_by_test_id("open-button").click()
    shoot(page, "8b-before-line")
    page.get_by_test_id("continue").click()
    expect(page.get_by_test_id("consent-allow")).to_be_visible()
    shoot(page, "9-line-login")
    page.get_by_test_id("consent-allow").click()
    page.get_by_test_id("friend-add").click()
    expect(page.get_by_test_id("shop-name")).to_contain_text("Sandbox Shop")
    shoot(page, "10-confirm")
    page.get_by_test_id("link").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("linked")
    shoot(page, "11-linked")


def both_sides_show_it(musubi: str, page: Page) -> None:
    page.goto(f"{musubi}/friends?linked=yes")
    row = page.get_by_test_id("row").first
    expect(row).to_contain_text("Alice Example")
    expect(row).to_contain_text("alice@example.com")
    shoot(page, "12-friends")
    page.goto(f"{musubi}/sandbox/hubspot-app/contacts/{PORTAL}/record/0-1/{ALICE}")
    user_id = page.get_by_test_id("property-line_user_id")
    # The worker makes the property first, and then its value.
    for _ in range(80):
        if user_id.count() and re.fullmatch("U[0-9a-f]{32}", user_id.input_value()):
            break
        page.wait_for_timeout(250)
        page.reload()
    expect(user_id).to_have_value(re.compile("^U[0-9a-f]{32}$"))
    shoot(page, "13-record")


def send_from_the_portal(musubi: str, page: Page) -> None:
    page.get_by_test_id("run-send-message").click()
    page.get_by_test_id("input-text").fill("Hello {{ contact.firstname }}")
    shoot(page, "14-workflow")
    page.get_by_test_id("run").click()
    execution = page.get_by_test_id("execution").first
    expect(execution.get_by_test_id("output-result")).to_contain_text("sent")
    shoot(page, "15-outputs")
    page.goto(f"{musubi}/sandbox/phone/alice/chat/2000000001")
    expect(page.get_by_test_id("bubbles")).to_contain_text("Hello Alice")
    shoot(page, "16-message")
