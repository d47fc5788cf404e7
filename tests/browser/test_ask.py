"""Ask and wait on the phone: the answer, the second tap, the time-out, the late answer."""

import re
import sqlite3
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.browser.whole.test_walk import connect, install, link_on_the_phone, make_qr_code

pytestmark = pytest.mark.browser
CHAT = "/sandbox/phone/alice/chat/2000000001"
EDITOR = "/sandbox/portal/20000001/workflows?action=ask-question&contact=150000000001"


def test_a_question_is_answered_once_or_too_late(
    newcomer: str, chromium: Browser, page: Page, tmp_path: Path
) -> None:
    install(newcomer, page)
    connect(page)
    link_on_the_phone(newcomer, page, make_qr_code(page))
    ask(newcomer, page, "Coming on Sunday?")
    answer_and_tap_again(newcomer, page, chromium)
    the_tour_knows(newcomer, page)
    ask(newcomer, page, "And on Monday?")
    let_the_time_run_out(newcomer, tmp_path)
    answer_too_late(newcomer, page)
    the_team_sees_both(newcomer, page)


def ask(musubi: str, page: Page, question: str) -> None:
    page.goto(f"{musubi}{EDITOR}")
    page.get_by_test_id("input-question").fill(question)
    page.get_by_test_id("input-choices").fill("Yes\nNo, sorry")
    page.get_by_test_id("run").click()
    page.goto(f"{musubi}{CHAT}")
    expect(page.get_by_test_id("bubbles")).to_contain_text(question)
    expect(page.get_by_test_id("quick-replies")).to_contain_text("No, sorry")
    page.goto(f"{musubi}{EDITOR}")
    expect(page.get_by_test_id("execution").first).to_have_attribute("data-state", "BLOCKED")


def answer_and_tap_again(musubi: str, page: Page, chromium: Browser) -> None:
    """A phone that has not looked again shows the buttons still; its tap must change nothing."""
    context = chromium.new_context(java_script_enabled=False)
    second = context.new_page()
    for phone in (page, second):
        phone.goto(f"{musubi}{CHAT}")
    page.get_by_test_id("quick-replies").get_by_text("Yes", exact=True).click()
    expect(page.get_by_test_id("bubbles")).to_contain_text("Yes")
    page.goto(f"{musubi}{EDITOR}")
    execution = page.get_by_test_id("execution").first
    expect(execution.get_by_test_id("output-answer")).to_have_text("Yes")
    second.get_by_test_id("quick-replies").get_by_text("No, sorry", exact=True).click()
    expect(second.get_by_test_id("bubbles").get_by_text("No, sorry").first).to_be_visible()
    context.close()
    the_second_tap_was_heard(musubi, page)
    page.goto(f"{musubi}{EDITOR}")
    expect(execution).to_have_attribute("data-state", "SUCCESS")
    expect(execution.get_by_test_id("output-result")).to_have_text("answered")
    expect(execution.get_by_test_id("output-answer")).to_have_text("Yes")


def the_second_tap_was_heard(musubi: str, page: Page) -> None:
    """LINE told Musubi of both taps."""
    page.goto(f"{musubi}/sandbox/line-console/log")
    log = page.get_by_test_id("webhook-log")
    for _ in range(40):
        if log.get_by_text("postback").count() == 2:
            break
        page.wait_for_timeout(250)
        page.reload()
    expect(log.locator("tr", has_text="postback").get_by_text("OK 200")).to_have_count(2)


def the_tour_knows(musubi: str, page: Page) -> None:
    page.goto(f"{musubi}/sandbox/")
    expect(page.get_by_test_id("tour-ask")).to_have_attribute("data-done", "yes")
    expect(page.get_by_test_id("tour-broadcast")).to_have_attribute("data-done", "no")


def let_the_time_run_out(musubi: str, folder: Path) -> None:
    """A day goes by in the rows: the question closes and its timer comes due."""
    with sqlite3.connect(folder / "instance" / "musubi.db", timeout=20) as rows:
        rows.execute("UPDATE question SET closes_at = '2020-01-01' WHERE state = 'open'")
        rows.execute("UPDATE job SET ready_ms = 0 WHERE kind = 'close_question'")
    assert requests.get(f"{musubi}/healthz", timeout=10).ok


def answer_too_late(musubi: str, page: Page) -> None:
    page.goto(f"{musubi}{EDITOR}")
    execution = page.get_by_test_id("execution").first
    expect(execution.get_by_test_id("output-result")).to_have_text("timed_out")
    expect(execution.get_by_test_id("output-answer")).to_have_text("")
    page.goto(f"{musubi}{CHAT}")
    page.get_by_test_id("quick-replies").get_by_text("Yes", exact=True).click()
    page.goto(f"{musubi}{EDITOR}")
    expect(execution.get_by_test_id("output-result")).to_have_text("timed_out")


def the_team_sees_both(musubi: str, page: Page) -> None:
    page.goto(f"{musubi}/log")
    page.get_by_test_id("call").first.click()
    late = page.get_by_test_id("late-answer")
    for _ in range(20):
        if late.count():
            break
        page.wait_for_timeout(250)
        page.reload()
    expect(late).to_contain_text("Yes")
    expect(page.get_by_test_id("word").first).to_contain_text("No answer in time")
    page.goto(f"{musubi}/friends?linked=yes")
    page.get_by_test_id("friend").first.click()
    timeline = page.get_by_test_id("timeline")
    expect(timeline.locator("[data-kind=answered]")).to_have_count(1)
    expect(timeline.locator("[data-kind=answered]")).to_contain_text("Yes")
    expect(timeline.locator("[data-kind=answered_late]")).to_contain_text("Yes")
    expect(timeline).to_contain_text(re.compile("And on Monday"))
