"""What a marketer fills in becomes message objects."""

import json
from typing import Any

import pytest

from plugin.core.messages.compose import (
    Button,
    MessageExtras,
    decorate,
    from_inputs,
    read_buttons,
    undecorate,
)
from plugin.core.messages.part import InvalidMessage, utf16_length


def test_text_and_image_become_two_bubbles() -> None:
    made = from_inputs({"text": "Hello", "image_url": "https://example.com/a.png"})
    assert [one["type"] for one in made] == ["text", "image"]


def test_json_wins_and_is_taken_as_it_stands() -> None:
    flex = {"type": "flex", "altText": "x", "contents": {"type": "bubble", "body": {"a": [1]}}}
    assert from_inputs({"message_json": json.dumps(flex), "text": "no"}) == [flex]
    assert from_inputs({"message_json": json.dumps([flex, flex])}) == [flex, flex]


def test_a_templates_messages_win_over_everything_and_stay_unchanged() -> None:
    ready = [{"type": "text", "text": "From the library"}]
    made = from_inputs({"text": "no", "message_json": "{", "quick_replies": "Yes"}, ready)
    assert made[0]["text"] == "From the library"
    assert "quickReply" not in ready[0]


def test_lines_own_counting() -> None:
    assert utf16_length("🎉") == 2
    assert utf16_length("a") == 1


def test_quick_replies_go_below_the_last_bubble() -> None:
    inputs = {"text": "Hi", "image_url": "https://example.com/a.png"}
    made = from_inputs({**inputs, "quick_replies": " Yes \n\nNo"})
    assert "quickReply" not in made[0]
    actions = [item["action"] for item in made[1]["quickReply"]["items"]]
    assert actions == [
        {"type": "message", "label": "Yes", "text": "Yes"},
        {"type": "message", "label": "No", "text": "No"},
    ]


def test_the_sender_stands_on_every_bubble() -> None:
    inputs = {"text": "Hi", "image_url": "https://example.com/a.png", "sender_name": " Bob "}
    made = from_inputs({**inputs, "sender_icon_url": "https://example.com/i.png"})
    assert [one["sender"] for one in made] == [
        {"name": "Bob", "iconUrl": "https://example.com/i.png"}
    ] * 2


def test_buttons_make_one_card_of_text_and_image() -> None:
    inputs = {
        "text": "Hello",
        "image_url": "https://example.com/a.png",
        "buttons": "Shop | https://example.com/shop?a=12\nHelp | http://example.com/help",
    }
    (card,) = from_inputs(inputs, wrap=lambda url: f"https://musubi.example.com/r/{len(url)}")
    assert card["altText"] == "Hello"
    bubble: dict[str, Any] = card["contents"]
    assert bubble["hero"]["url"] == "https://example.com/a.png"
    assert bubble["body"]["contents"][0]["text"] == "Hello"
    actions = [one["action"] for one in bubble["footer"]["contents"]]
    assert [one["uri"].rpartition("/")[2] for one in actions] == ["29", "23"]
    assert [one["type"] for one in actions] == ["uri", "uri"]


def test_links_are_wrapped_in_all_but_what_was_written_as_json() -> None:
    reply = {"quick_replies": "Shop | https://example.com/shop"}
    button = {"type": "uri", "label": "Shop", "uri": "https://example.com/shop"}
    ready = [{"type": "template", "template": {"type": "buttons", "actions": [button]}}]
    (made,) = from_inputs(reply, ready, wrap=lambda _: "wrapped")
    assert made["template"]["actions"][0]["uri"] == "wrapped"
    assert made["quickReply"]["items"][0]["action"]["uri"] == "wrapped"
    (kept,) = from_inputs({"message_json": json.dumps(ready[0])}, wrap=lambda _: "wrapped")
    assert kept == ready[0]


def test_a_quick_reply_with_an_address_opens_it() -> None:
    extras = MessageExtras("Yes\nCall | tel:+81312345678\nA | B", "Bob")
    (made,) = decorate([{"type": "text", "text": "Hi"}], extras)
    assert [one["action"] for one in made["quickReply"]["items"]] == [
        {"type": "message", "label": "Yes", "text": "Yes"},
        {"type": "uri", "label": "Call", "uri": "tel:+81312345678"},
        {"type": "message", "label": "A | B", "text": "A | B"},
    ]
    assert undecorate([made]) == ([{"type": "text", "text": "Hi"}], extras)


@pytest.mark.parametrize(
    "more",
    [
        {"quickReply": {"items": [{"type": "action", "action": {"type": "camera"}}]}},
        {"quickReply": {"items": "x"}},
        {"quickReply": None},
        {"sender": "x"},
        {"sender": {"name": "Bob", "else": 1}},
    ],
)
def test_extras_that_the_form_cannot_show_stay_in_the_message(more: dict[str, Any]) -> None:
    message = {"type": "text", "text": "Hi", **more}
    assert undecorate([message]) == ([message], MessageExtras())
    assert undecorate([message, {"type": "text", "text": "Ho"}])[1] == MessageExtras()


@pytest.mark.parametrize(
    "line",
    [
        "Shop｜https://example.com",
        "Shop ｜ ｈｔｔｐｓ：／／example.com",
        "Shop | https://example.com",
    ],
)
def test_a_japanese_keyboards_bar_and_colon_part_as_well(line: str) -> None:
    assert read_buttons(line)[0].label == "Shop"
    (card,) = from_inputs({"text": "Hi", "buttons": line, "quick_replies": line})
    tapped = card["contents"]["footer"]["contents"][0]["action"]
    assert tapped["uri"] == "https://example.com"
    assert card["quickReply"]["items"][0]["action"] == tapped


def test_addresses_with_japanese_letters_are_encoded_before_they_are_wrapped() -> None:
    url, encoded = (
        "https://例え.jp/商品?色=赤#下",
        ("https://xn--r8jz45g.jp/%E5%95%86%E5%93%81?%E8%89%B2=%E8%B5%A4#%E4%B8%8B"),
    )
    seen: list[str] = []

    def wrap(address: str) -> str:
        seen.append(address)
        return address

    inputs = {"text": "Hi", "image_url": url, "buttons": f"Shop | {url}", "sender_icon_url": url}
    (card,) = from_inputs(inputs, wrap=wrap)
    assert seen == [encoded]
    assert card["contents"]["hero"]["url"] == card["sender"]["iconUrl"] == encoded
    assert from_inputs({"message_json": json.dumps({"type": "x", "linkUri": url})}) == [
        {"type": "x", "linkUri": encoded}
    ]


def test_the_last_bar_parts_label_and_address() -> None:
    assert read_buttons("A | B | https://example.com") == [Button("A | B", "https://example.com")]


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"message_json": "{"}, "cannot be read"),
        ({"message_json": "[" * 100_000}, "cannot be read"),
        ({"message_json": '"text"'}, "object"),
        ({"message_json": '{"text":"no type"}'}, "type"),
        ({"text": "Hi", "buttons": "https://example.com"}, r"Label \| https"),
        ({"text": "Hi", "buttons": "Shop | javascript:alert(1)"}, r"Label \| https"),
        ({"text": "Hi", "buttons": "Shop | tel:1"}, r"Label \| https"),
        ({"text": "Hi", "buttons": "Shop | https://x.example:99999/"}, r"Label \| https"),
        ({"text": "Hi", "buttons": "a | https://example.com\n" * 5}, "at most 4"),
        ({"text": " ", "buttons": "a | https://example.com"}, "need a text"),
    ],
)
def test_what_is_wrong_is_said(inputs: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidMessage, match=words):
        from_inputs(inputs)
