"""The phone, LINE's console and the sandbox's home page."""

import re
from typing import Any

import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client
from werkzeug.wrappers import Response

from plugin.sandbox import SandboxConfig, create_sandbox
from plugin.sandbox.line.seed import SHOP, SHOP_LOGIN
from tests.sandbox.line.rig import ALICE, CHARLIE, SECRET, TEXT, Line, eventually

CHAT = f"/phone/charlie/chat/{SHOP}"
POSTBACK = {"type": "postback", "label": "Yes & no", "data": "d"}
URI = {"type": "uri", "label": "Shop", "uri": "https://example.com/?a=1&b=2"}


def show(line: Line, *messages: Any) -> str:
    answer = line.push(CHARLIE, messages=list(messages))
    assert answer.status == 200, answer.data
    return line.browser("charlie").get(CHAT).text


def test_a_phone_lists_its_chats_and_is_in_the_readers_hand(line: Line) -> None:
    page = line.browser("alice").get("/phone/alice")
    assert page.shows("phone")
    assert page.shows(f"chat-{SHOP}")
    assert page.session.cookies["sandbox_phone"] == "alice"
    assert line.browser().get(f"/phone/{ALICE}").shows("phone")
    assert line.browser().get("/phone/nobody").status == 404
    assert line.browser("bob").get("/phone").shows("phone")


def test_the_language_is_what_the_profile_says(line: Line) -> None:
    line.form("/phone/charlie/language", language="ja")
    assert line.api("GET", f"/v2/bot/profile/{CHARLIE}").json()["language"] == "ja"


def test_a_scanned_link_opens_with_the_cookie(line: Line) -> None:
    browser = line.browser().post("/phone/bob/open", url="http://localhost:1/l/abc")
    assert browser.url == "http://localhost:1/l/abc"
    assert browser.session.cookies["sandbox_phone"] == "bob"
    assert "no web address" in line.browser().post("/phone/bob/open", url="javascript:1").text


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("https://line.me/R/ti/p/%40sandbox", "add"),
        ("https://line.me/R/oaMessage/%40sandbox/?code%20123", "add"),
        ("https://line.me/R/ti/p/%40nobody", "phone"),
        (f"https://liff.line.me/{SHOP_LOGIN}-Sandbox1/x", "consent-allow"),
    ],
)
def test_addresses_of_the_real_line_lead_to_the_stand_ins(
    line: Line, link: str, shown: str
) -> None:
    browser = line.browser("alice").post("/phone/alice/open", url=link)
    assert browser.shows(shown)
    if "oaMessage" in link:
        assert 'value="code 123"' in browser.text


def test_texts_are_shown_as_they_are(line: Line) -> None:
    page = show(line, {"type": "text", "text": "<b>hi</b> https://example.com/"})
    assert "<b>hi</b>" in page  # unescaped by the test's browser, so it was escaped
    assert 'href="https://example.com/"' in page


def test_templates_quick_replies_and_flex_can_be_tapped(line: Line) -> None:
    confirm = {"type": "confirm", "text": "Sure?", "actions": [POSTBACK, URI]}
    bubble = {
        "type": "bubble",
        "body": {
            "type": "box",
            "layout": "vertical",
            "contents": [
                {"type": "text", "text": "A card", "weight": "bold"},
                {"type": "separator"},
                {"type": "button", "action": URI, "style": "primary"},
            ],
        },
    }
    page = show(
        line,
        {"type": "template", "altText": "Choose", "template": confirm},
        {"type": "flex", "altText": "Card", "contents": bubble},
        {**TEXT, "quickReply": {"items": [{"type": "action", "action": POSTBACK}]}},
    )
    assert page.count('data-testid="tap"') == 4
    assert 'data-template="confirm"' in page
    assert 'data-testid="quick-replies"' in page
    assert "A card" in page


@pytest.mark.parametrize(
    "message",
    [
        {"type": "sticker", "packageId": "446", "stickerId": "1988"},
        {"type": "location", "title": "T", "address": "A", "latitude": 1, "longitude": 2},
        {"type": "coupon", "couponId": "1"},
        {
            "type": "template",
            "altText": "Pictures",
            "template": {
                "type": "image_carousel",
                "columns": [{"imageUrl": "https://example.com/a.png", "action": URI}],
            },
        },
    ],
)
def test_every_kind_has_a_look(line: Line, message: dict[str, Any]) -> None:
    assert 'data-testid="bubble"' in show(line, message)


def test_the_console_shows_ids_and_changes_switches(line: Line) -> None:
    page = line.browser().get("/line-console")
    assert SECRET in page.text
    page.post(f"/line-console/account/{SHOP}", redelivery="on", quota_limit="200")
    assert "Sandbox Shop: saved." in page.text
    assert line.api("GET", "/v2/bot/followers/ids").status == 403
    assert line.api("GET", "/v2/bot/message/quota").json()["value"] == 200
    page.post(f"/line-console/account/{SHOP}", verified="on", quota_limit="")
    assert line.api("GET", "/v2/bot/message/quota").json() == {"type": "none"}


def test_callback_urls_are_registered_by_hand(line: Line) -> None:
    urls = "https://example.com/back\nhttps://example.com/other"
    line.form(f"/line-console/login/{SHOP_LOGIN}", published="on", callback_urls=urls)
    ask = line.ask(redirect_uri="https://example.com/back")
    assert line.browser("alice").walk(ask)["code"]
    assert line.browser("alice").get(line.ask()).status == 400


def test_verify_says_what_it_met(line: Line) -> None:
    page = line.browser().post(f"/line-console/account/{SHOP}/verify")
    assert "no webhook URL yet" in page.text
    line.listen()
    assert "OK (200)" in page.post(f"/line-console/account/{SHOP}/verify").text
    line.tap("friend", do="add")
    assert eventually(lambda: "follow" in page.get("/line-console/log").text)


def test_the_tour_ticks_itself_off(line: Line) -> None:
    browser = line.browser()

    def done() -> list[str]:
        names = ("install", "connect", "qr", "link", "send", "ask", "broadcast")
        page = browser.get("/tour").text
        return [one for one in names if f'data-testid="tour-{one}" data-done="yes"' in page]

    assert done() == []
    line.listen()
    line.login()
    line.push(ALICE)
    assert done() == ["connect", "qr", "send"]
    home = browser.get("/")
    assert home.shows("frame-phone")
    assert f'href="{line.config.target}"' in home.text


def test_mounted_below_a_path_every_link_stays_below_it() -> None:
    base = "http://localhost/sandbox"
    app = create_sandbox(SandboxConfig(base, "http://localhost"))
    client = Client(DispatcherMiddleware(Response("outside", 404), {"/sandbox": app}))
    for path in ("/", "/phone/alice", f"/phone/alice/chat/{SHOP}", "/line-console"):
        page = client.get(f"/sandbox{path}")
        assert page.status_code == 200
        links = re.findall(r'(?:href|src|action|formaction|data-live)="(/[^"]*)"', page.text)
        assert links
        assert all(link.startswith("/sandbox/") for link in links), links
    moved = client.post(
        "/sandbox/phone/alice/open", data={"url": "https://line.me/R/ti/p/@sandbox"}
    )
    assert moved.headers["Location"].startswith("/sandbox/phone/alice/chat/")
    assert "Path=/sandbox" in moved.headers["Set-Cookie"]
