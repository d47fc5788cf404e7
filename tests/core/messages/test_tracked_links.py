"""Which addresses of a message lead over us, and which stay what they are."""

import copy
import json
from typing import Any

import pytest

from plugin.core.messages.flex_checks import BUBBLE_SIZE, is_too_big
from plugin.core.messages.tracked_links import (
    addresses_of,
    line_parameters,
    may_be_tracked,
    personal_addresses,
    tracked,
)

URL = "https://shop.example.com/sale"
OURS = ("https://musubi.example.com/", "http://localhost:8000/sandbox/liff/")


def uri(url: str = URL) -> dict[str, Any]:
    return {"type": "uri", "label": "Open", "uri": url}


def template(**inside: Any) -> dict[str, Any]:
    return {"type": "template", "altText": "x", "template": inside}


def flex(contents: dict[str, Any]) -> dict[str, Any]:
    return {"type": "flex", "altText": "x", "contents": contents}


AREA = {"type": "uri", "linkUri": URL, "area": {"x": 0, "y": 0, "width": 1, "height": 1}}
KINDS: dict[str, dict[str, Any]] = {
    "buttons": template(type="buttons", text="x", defaultAction=uri(), actions=[uri()]),
    "confirm": template(type="confirm", text="x", actions=[uri(), uri()]),
    "carousel": template(type="carousel", columns=[{"text": "x", "actions": [uri()]}]),
    "image_carousel": template(
        type="image_carousel", columns=[{"imageUrl": "https://img.example.com/a", "action": uri()}]
    ),
    "imagemap": {
        "type": "imagemap",
        "baseUrl": "https://img.example.com/map",
        "actions": [AREA],
        "video": {"externalLink": {"linkUri": URL, "label": "More"}},
    },
    "flex": flex({
        "type": "bubble",
        "hero": {"type": "image", "url": "https://img.example.com/a.png", "action": uri()},
        "body": {"type": "box", "contents": [{"type": "button", "action": uri()}]},
    }),
    "quick reply": {
        "type": "text",
        "text": f"See {URL}",
        "quickReply": {"items": [{"type": "action", "action": uri()}]},
    },
    "computers": flex({"type": "bubble", "action": uri() | {"altUri": {"desktop": URL}}}),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_address_that_a_tap_opens_is_wrapped_and_nothing_else(kind: str) -> None:
    message = KINDS[kind]
    before = copy.deepcopy(message)
    (made,) = tracked([message], lambda url: f"https://musubi.example.com/r/{len(url)}")
    assert message == before
    assert set(addresses_of([made])) == {f"https://musubi.example.com/r/{len(URL)}"}
    assert tracked([made], lambda _: URL) == [before]
    assert "https://img.example.com/" in json.dumps(made) or "img" not in json.dumps(before)


@pytest.mark.parametrize(
    "url", [URL, "http://shop.example.com", "https://notline.me/", "HTTPS://A"]
)
def test_a_web_address_may_be_tracked(url: str) -> None:
    assert may_be_tracked(url, OURS)


@pytest.mark.parametrize(
    "url",
    [
        "tel:+81312345678",
        "line://app/1234-abcd",
        "https://liff.line.me/1234-abcd",
        "https://LINE.me/R/ti/p/%40shop",
        "https://lin.ee/abc",
        "https://page.line.me./shop",
        "https://musubi.example.com/l/abc?t=secret",
        "HTTPS://musubi.example.com/r/code",
        "http://localhost:8000/sandbox/liff/1",
        "https://shop.example.com/?for={{contact.email}}",
        "{{ contact.website }}",
        "https://shop.example.com/" + "a" * 1000,
        "javascript:alert(1)",
        "https://[",
        "https://shop.example.com:99999/",
        "",
    ],
)
def test_what_must_keep_its_address_is_not(url: str) -> None:
    assert not may_be_tracked(url, OURS)


@pytest.mark.parametrize("kind", ["bubble", "carousel"])
def test_what_would_outgrow_lines_size_keeps_its_own_links(kind: str) -> None:
    def bubble(room: int) -> dict[str, Any]:
        text = {"type": "text", "text": "a" * room}
        return {"type": "bubble", "body": {"contents": [text]}, "action": uri()}

    empty = len(json.dumps(bubble(0), separators=(",", ":")))
    full = bubble(BUBBLE_SIZE - empty)
    contents = full if kind == "bubble" else {"type": "carousel", "contents": [full]}
    assert not is_too_big(contents)
    small = KINDS["buttons"]
    kept, wrapped = tracked([flex(contents), small], lambda url: f"{url}?longer")
    assert kept == flex(contents)
    assert wrapped != small
    (shorter,) = tracked([flex(contents)], lambda _: "https://a")
    assert addresses_of([shorter]) == ["https://a"]


@pytest.mark.parametrize(
    ("url", "query"),
    [
        (URL, ""),
        (f"{URL}?openExternalBrowser=1", "?openExternalBrowser=1"),
        (f"{URL}?a=1&openExternalBrowser=1&b=2#c", "?openExternalBrowser=1"),
        (f"{URL}?openInAppBrowser=0&x=&openExternalBrowser=1",
         "?openInAppBrowser=0&openExternalBrowser=1"),
        (f"{URL}?openexternalbrowser=1", ""),
        (f"{URL}#?openExternalBrowser=1", ""),
        (f"{URL}?openExternalBrowser=%26", "?openExternalBrowser=%26"),
    ],
)  # fmt: skip
def test_which_browser_line_opens_is_told_by_our_address_too(url: str, query: str) -> None:
    assert line_parameters(url) == query


def test_addresses_with_a_token_are_the_contacts_own() -> None:
    raw = [template(actions=[uri(f"{URL}?c={{{{ contact.city }}}}"), uri()])]
    filled = [template(actions=[uri(f"{URL}?c=Kyoto"), uri()])]
    assert personal_addresses(raw, filled) == {f"{URL}?c=Kyoto"}
