"""Hints and the list of links: what people are told about a message that LINE would take."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.core.messages.advice.heights import SCREEN, height_of, lines
from plugin.core.messages.advice.hints import hints_of
from plugin.core.messages.advice.links import Tracking, links_of
from plugin.core.messages.designs.form import contents_of
from plugin.core.messages.designs.shapes import DESIGNS

URL = "https://shop.example.com/sale"
OURS = Tracking("https://musubi.example.com/r/", ("https://musubi.example.com/",))


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def flex(**contents: Any) -> dict[str, Any]:
    return {"type": "flex", "altText": "x", "contents": {"type": "bubble", **contents}}


def body(*contents: dict[str, Any]) -> dict[str, Any]:
    return {"type": "box", "layout": "vertical", "contents": list(contents)}


REPLIES: dict[str, Any] = {"quickReply": {"items": []}}
TALL = flex(body=body(*[{"type": "button", "action": {}}] * 12))


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([text("a" * 501)], "folds a long text"),
        ([TALL], "taller than the screen"),
        ([text(f"See {URL}")], "Friends see the address"),
        ([{"type": "flex", "altText": " ", "contents": {}}], "list of chats"),
        ([flex(size="giga")], "giga"),
        ([flex(hero={"url": "https://a.example/static/picture.jpg"})], "example picture"),
        ([{"type": "video"}], "minute"),
        ([text("a") | REPLIES], "vanish"),
        ([text("a") | REPLIES, text("b")], "last message only"),
        ([text("a"), text("b")], "count as one"),
    ],
)
def test_what_line_shows_otherwise_is_said(messages: list[dict[str, Any]], words: str) -> None:
    hints = [str(hint.words) for hint in hints_of(messages, "picture.jpg")]
    assert any(words in hint for hint in hints), hints


def test_a_plain_message_has_no_hint_and_each_hint_names_its_message() -> None:
    assert hints_of([text("a" * 500)], "picture.jpg") == []
    assert [hint.number for hint in hints_of([text("a"), TALL])] == [2, 0]


@pytest.mark.parametrize("name", ["coupon", "survey", "receipt"])
def test_the_short_designs_fit_the_screen(name: str) -> None:
    fields = {**DESIGNS[name].starter, "actions": [{}]}
    assert 0 < height_of({"type": "flex", "contents": contents_of(name, fields, [])}) < SCREEN


def test_japanese_lines_are_shorter() -> None:
    assert lines("あ" * 15, 16, 240) == lines("a" * 27, 16, 240) == 1
    assert lines("あ" * 16, 16, 240) == lines("a" * 28, 16, 240) == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "contents", "text", "size", "layout", "aspectRatio", "altText"]),
        inner | st.sampled_from(["flex", "box", "carousel", "image", "vertical"]), max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.lists(st.dictionaries(st.sampled_from(["type", "contents", "text"]), JSON), max_size=3))
def test_no_draft_breaks_the_advice(messages: list[dict[str, Any]]) -> None:
    hints_of(messages, "x")
    links_of(messages, OURS)


def test_every_address_is_listed_with_the_reason_where_it_is_not_counted() -> None:
    words = f"{URL} https://line.me/x www.a.example mailto:a@a.example {URL}をhttps://musubi.example.com/l/a"
    call = {"type": "uri", "label": "Call", "uri": "tel:+813"}
    found = links_of([text(words), flex(body=body({"type": "button", "action": call}))], OURS)
    assert {link.url: str(link.why or "") for link in found} == {
        URL: "",
        "https://line.me/x": "LINE’s own address, which LINE opens itself",
        "https://musubi.example.com/l/a":
            "an address of Musubi or of LINE’s apps, which must stay as it is",
        "www.a.example": "it does not begin with https://",
        "mailto:a@a.example": "no web address",
        f"{URL}をhttps://musubi.example.com/l/a":
            "other letters touch it: put a blank before and after",
        "tel:+813": "a telephone number",
    }  # fmt: skip


def test_nothing_is_counted_where_nobody_wants_it_or_line_would_refuse() -> None:
    off = links_of([text(URL)], OURS._replace(wanted=False))
    assert [str(link.why) for link in off] == ["counting is switched off"]
    full = links_of([text(URL.ljust(5000))], OURS)
    assert [str(link.why) for link in full] == [
        "with a counted address the message would be too large"
    ]
