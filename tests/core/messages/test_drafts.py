"""Drafts and messages: the way back loses nothing, whatever the message says."""

from typing import Any

import pytest

from plugin.core.messages.drafts import draft_of, kind_of, message_of
from plugin.core.messages.part import InvalidMessage

OPEN = {"type": "uri", "label": "Open", "uri": "https://a.example/"}
SAY = {"type": "message", "label": "Yes", "text": "Yes, please"}
URL = "https://a.example/a.png"
WITH_FORM: dict[str, dict[str, Any]] = {
    "text": {"type": "text", "text": "Hello"},
    "image": {"type": "image", "originalContentUrl": URL, "previewImageUrl": URL + "?s"},
    "video": {"type": "video", "originalContentUrl": URL, "previewImageUrl": URL},
    "sticker": {"type": "sticker", "packageId": "446", "stickerId": "1988"},
    "buttons": {
        "type": "template",
        "altText": "Choose",
        "template": {
            "type": "buttons", "thumbnailImageUrl": URL, "title": "T", "text": "Choose",
            "actions": [OPEN, SAY],
        },
    },
    "confirm": {
        "type": "template",
        "altText": "Sure?",
        "template": {"type": "confirm", "text": "Sure?", "actions": [SAY, OPEN]},
    },
    "carousel": {
        "type": "template",
        "altText": "Two",
        "template": {
            "type": "carousel",
            "columns": [{"text": "A", "actions": [OPEN]}, {"text": "B", "actions": [SAY]}],
        },
    },
    "image_carousel": {
        "type": "template",
        "altText": "Pictures",
        "template": {"type": "image_carousel", "columns": [{"imageUrl": URL, "action": OPEN}]},
    },
    "flex": {"type": "flex", "altText": "F", "contents": {"type": "bubble", "size": "giga"}},
    "imagemap": {
        "type": "imagemap",
        "baseUrl": URL,
        "altText": "I",
        "baseSize": {"width": 1040, "height": 520},
        "actions": [
            {
                "type": "uri",
                "linkUri": "https://a.example/",
                "label": "Open",
                "area": {"x": 0, "y": 0, "width": 520, "height": 520},
            },
            {
                "type": "message",
                "text": "Yes",
                "area": {"x": 520, "y": 0, "width": 520, "height": 520},
            },
        ],
    },
}  # fmt: skip
WITHOUT_FORM: list[dict[str, Any]] = [
    {"type": "audio", "originalContentUrl": URL, "duration": 1000},
    {"type": "text", "text": "Hello", "quoteToken": "x"},
    {"type": "text", "text": "Hello", "quickReply": {"items": []}},
    {
        "type": "template",
        "altText": "B",
        "template": {
            "type": "confirm",
            "text": "?",
            "actions": [{"type": "postback", "label": "a", "data": "b"}] * 2,
        },
    },
    {"type": "template", "altText": "none"},
    {"type": "template", "altText": "odd", "template": {"type": "carousel", "columns": "x"}},
]


@pytest.mark.parametrize("kind", WITH_FORM)
def test_a_message_with_a_form_goes_there_and_back(kind: str) -> None:
    message = WITH_FORM[kind]
    assert kind_of(message) == kind
    draft = draft_of(message)
    assert draft["kind"] == kind
    assert message_of(draft) == message


@pytest.mark.parametrize("message", WITHOUT_FORM)
def test_what_no_form_can_show_is_edited_as_json(message: dict[str, Any]) -> None:
    draft = draft_of(message)
    assert draft["kind"] == "json"
    assert message_of(draft) == message


def test_line_ends_of_browsers_are_single_signs() -> None:
    assert message_of({"kind": "text", "text": "a\r\nb"})["text"] == "a\nb"


def test_an_alternative_text_is_made_where_nobody_wrote_one() -> None:
    draft = {"kind": "confirm", "text": "Will you come?", "actions": [{"label": "Yes"}]}
    message = message_of(draft)
    assert message["altText"] == "Will you come?"
    assert message["template"]["actions"] == [{"type": "message", "label": "Yes", "text": "Yes"}]


@pytest.mark.parametrize("written", ["", "[]", "{", '{"text": "no type"}', "[" * 100_000])
def test_json_that_is_no_message_is_refused_in_words(written: str) -> None:
    with pytest.raises(InvalidMessage):
        message_of({"kind": "json", "json": written})
