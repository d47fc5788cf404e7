"""The phone and the LIFF stand-in in a real browser. The endpoint page is told by the test."""

from collections.abc import Iterator
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from playwright.sync_api import Browser, Page

from plugin.sandbox.line.seed import SHOP, SHOP_LOGIN
from tests.browser.chromium import PATIENCE_MS
from tests.sandbox.hubspot.rig import serve
from tests.sandbox.line.rig import ALICE, CHARLIE, Line
from tests.support.processes import free_port

APP = f"{SHOP_LOGIN}-Sandbox1"
ENDPOINT = """<!doctype html><title>Endpoint</title><p id="told">waiting</p>
<button id="friend">Add</button><script src="{sdk}"></script><script>
liff.init({{ liffId: "{app}", withLoginOnExternalBrowser: true }}).then(async () => {{
  const profile = await liff.getProfile();
  const claims = liff.getDecodedIDToken();
  const friend = await liff.getFriendship();
  document.getElementById("told").textContent =
    [profile.userId === claims.sub && claims.sub, friend.friendFlag, liff.isInClient()].join(" ");
}}).catch((error) => {{ document.getElementById("told").textContent = error.code || error; }});
document.getElementById("friend").onclick = async () => {{
  await liff.requestFriendship();
  document.getElementById("told").textContent = "friend " + (await liff.getFriendship()).friendFlag;
}};
</script>"""
pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Browser, line: Line) -> Iterator[Page]:
    """A page in nobody's hand."""
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture
def endpoint(line: Line) -> Iterator[str]:
    """The address of a LIFF endpoint on an origin of its own."""
    body = ENDPOINT.format(sdk=f"{line.config.base_url}/liff-sdk.js", app=APP).encode()
    port = free_port()

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/html")])
        return [body]

    stop = serve(answer, port)
    url = f"http://127.0.0.1:{port}/liff/"
    line.api("PUT", f"/liff/v1/apps/{APP}", {"view": {"url": url}}, channel=SHOP_LOGIN)
    yield url
    stop()


def say_yes(page: Page, friend: str) -> None:
    page.get_by_test_id("consent-allow").click()
    page.get_by_test_id(f"friend-{friend}").click()


def test_a_message_appears_by_itself_and_a_tap_answers(line: Line, page: Page) -> None:
    line.listen()
    page.goto(f"{line.config.base_url}/phone/charlie/chat/{SHOP}")
    postback = {"type": "postback", "label": "Yes", "data": "y", "displayText": "Yes, gladly"}
    template = {"type": "buttons", "text": "Shall we?", "actions": [postback]}
    line.push(CHARLIE, messages=[{"type": "template", "altText": "?", "template": template}])
    page.get_by_text("Shall we?").wait_for()
    page.get_by_test_id("tap").click()
    page.get_by_text("Yes, gladly").wait_for()
    assert line.events()[0]["postback"] == {"data": "y"}
    page.get_by_test_id("say").fill("Thank you")
    page.get_by_test_id("send").click()
    page.get_by_text("Thank you").wait_for()


def test_liff_on_a_phone(line: Line, page: Page, endpoint: str) -> None:
    page.goto(f"{line.config.base_url}/phone/alice")
    page.get_by_test_id("open-url").fill(f"{line.config.base_url}/liff/{APP}/intent-1?k=v")
    page.get_by_test_id("open-button").click()
    say_yes(page, "add")
    page.get_by_text(f"{ALICE} true true").wait_for()
    assert page.url == f"{endpoint}intent-1?k=v"


def test_liff_in_another_browser_logs_in_and_asks_for_the_friend(
    line: Line, page: Page, endpoint: str
) -> None:
    page.goto(f"{line.config.base_url}/liff/{APP}/intent-2")
    page.get_by_test_id("login-as-alice").click()
    say_yes(page, "skip")
    page.get_by_text(f"{ALICE} false false").wait_for()
    assert page.url == f"{endpoint}intent-2"
    with page.expect_popup() as popup:
        page.locator("#friend").click()
    popup.value.get_by_test_id("friend-add").click()
    page.get_by_text("friend true").wait_for()


def test_an_unknown_liff_app_says_so(line: Line, page: Page, endpoint: str) -> None:
    line.api("DELETE", f"/liff/v1/apps/{APP}", channel=SHOP_LOGIN)
    page.goto(endpoint)
    page.get_by_text("INVALID_ARGUMENT").wait_for()
