"""Messages are judged before they cost anything."""

import json

import pytest

from plugin.core.messages import InvalidMessage, from_inputs, utf16_length


def test_text_and_image_become_two_bubbles() -> None:
    made = from_inputs({"text": "Hello", "image_url": "https://example.com/a.png"})
    assert [one["type"] for one in made] == ["text", "image"]


def test_json_wins_and_is_taken_as_it_stands() -> None:
    flex = {"type": "flex", "altText": "x", "contents": {"type": "bubble", "body": {"a": [1]}}}
    assert from_inputs({"message_json": json.dumps(flex), "text": "no"}) == [flex]
    assert from_inputs({"message_json": json.dumps([flex, flex])}) == [flex, flex]


def test_lines_own_counting() -> None:
    assert utf16_length("🎉") == 2
    assert from_inputs({"text": "あ" * 5000})
    with pytest.raises(InvalidMessage, match="5,002"):
        from_inputs({"text": "🎉" * 2501})


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({}, "empty"),
        ({"text": "  "}, "empty"),
        ({"text": "Hi {{ contact.firstname }}"}, "token"),
        ({"message_json": '{"type":"text","text":"{{x}}"}'}, "token"),
        ({"message_json": "{"}, "cannot be read"),
        ({"message_json": '"text"'}, "object"),
        ({"message_json": '{"text":"no type"}'}, "type"),
        ({"message_json": json.dumps([{"type": "text", "text": "x"}] * 6)}, "five"),
        ({"message_json": '{"type":"text"}'}, "empty"),
        ({"image_url": "http://example.com/a.png"}, "https"),
        ({"image_url": "https://["}, "https"),
    ],
)
def test_what_is_wrong_is_said(inputs: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidMessage, match=words):
        from_inputs(inputs)
