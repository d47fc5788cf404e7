"""Tokens: two forms, and nothing else is ever evaluated."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.core.messages.checks import check_messages
from plugin.core.messages.part import ODD, InvalidMessage, count_clusters, utf16_length
from plugin.core.messages.personalise import PropertyValues, fill, property_names, sample
from plugin.core.messages.tracked_links import addresses_of
from plugin.core.text.clean import storable


def said(text: str, **values: str | None) -> str:
    filled: str = fill([{"type": "text", "text": text}], values)[0]["text"]
    return filled


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hello {{ contact.firstname }}", "Hello Alice"),
        ("Hello {{contact.firstname}}", "Hello Alice"),
        ("Hello {{ contact.firstname | default('there') }}", "Hello Alice"),
        ("Hello {{ contact.city | default('there') }}", "Hello there"),
        ('Hello {{ contact.city|default("it\'s you") }}', "Hello it's you"),
        (r"{{ contact.city | default('it\'s you') }}", "it's you"),
        ("{{ contact.city | default('') }}!", "!"),
        ("{{ contact.firstname }} {{ contact.lastname }}", "Alice Example"),
        ("}} { contact.firstname }", "}} { contact.firstname }"),
    ],
)
def test_tokens_are_replaced(text: str, filled: str) -> None:
    assert said(text, firstname="Alice", lastname="Example", city=None) == filled


@pytest.mark.parametrize(
    "text",
    [
        "{{ firstname }}",
        "{{ contact.firstname | upper }}",
        "{{ contact.firstname | default(name) }}",
        "{{ contact.firstname | default('a') | upper }}",
        "{{ contact.first name }}",
        "{{ contact.firstname() }}",
        "{{ contact.__class__.__mro__ }}",
        "{{ 7 * 7 }}",
        "{{ }}",
        "{{ contact.firstname",
        "{{ personalization_token('contact.firstname', 'there') }}",
    ],
)
def test_anything_else_is_no_token(text: str) -> None:
    with pytest.raises(InvalidMessage):
        said(text, firstname="Alice")


def test_what_is_missing_is_named() -> None:
    with pytest.raises(InvalidMessage, match="no company"):
        said("From {{ contact.company }}", company="  ")


def test_a_value_is_never_read_as_a_token_or_as_structure() -> None:
    evil = '"}],"type":"flex {{ contact.email }}'
    assert said("{{ contact.firstname }}", firstname=evil, email="a@example.com") == evil


def test_tokens_are_found_at_any_depth_and_each_property_once() -> None:
    button = {
        "type": "uri",
        "label": "{{ contact.b }}",
        "uri": "https://a.example/?{{ contact.a }}",
    }
    messages: list[dict[str, Any]] = [
        {"type": "text", "text": "{{ contact.a }}"},
        {"x": {"actions": [button]}},
    ]
    assert property_names(messages) == ["a", "b"]


def test_values_in_an_address_are_encoded_for_their_place() -> None:
    message = {
        "uri": "https://a.example/?name={{ contact.name }}",
        "imageUrl": "{{ contact.picture }}",
    }
    values = {"name": "A&B 結", "picture": "https://b.example/結.png?x=1&y=2"}
    [filled] = fill([message], values)
    assert filled["uri"] == "https://a.example/?name=A%26B%20%E7%B5%90"
    assert filled["imageUrl"] == "https://b.example/%E7%B5%90.png?x=1&y=2"


def test_an_example_shows_the_default_or_the_propertys_name() -> None:
    text = "{{ contact.a | default('there') }} {{ contact.b }}"
    assert sample([{"text": text}]) == [{"text": "there b"}]


PHONES = {
    "+81 3-1234-5678": "+81312345678",
    "+44 (0)20 7946 0000": "+442079460000",
    "０３－１２３４－５６７８": "0312345678",
    "(03) 1234.5678": "0312345678",
    "tel:+81 90 1234 5678": "+819012345678",
    "+81 3 1234 5678 ext. 99": "+81312345678;ext=99",
    "03-1234-5678 内線12": "0312345678;ext=12",
}


@pytest.mark.parametrize(("value", "dialled"), PHONES.items())
def test_a_telephone_number_is_dialled_as_rfc_3966_writes_it(value: str, dialled: str) -> None:
    action = {"type": "uri", "uri": "tel:{{ contact.phone }}"}
    assert fill([action], {"phone": value})[0]["uri"] == f"tel:{dialled}"
    if value.startswith("tel:"):
        whole = {"type": "uri", "uri": "{{ contact.phone }}"}
        assert fill([whole], {"phone": value})[0]["uri"] == f"tel:{dialled}"


def test_what_has_no_number_cannot_be_dialled() -> None:
    action = {"type": "uri", "uri": "tel:{{ contact.phone | default('none') }}"}
    with pytest.raises(InvalidMessage, match="no telephone number"):
        fill([action], {})
    with pytest.raises(InvalidMessage, match="no telephone number"):
        sample([action])
    assert sample([{"uri": "tel:{{ contact.phone }}"}]) == [{"uri": "tel:+81312345678"}]


@pytest.mark.parametrize(
    "path",
    [
        ("uri",), ("altUri", "desktop"), ("linkUri",), ("url",), ("originalContentUrl",),
        ("previewImageUrl",), ("thumbnailImageUrl",), ("imageUrl",), ("iconUrl",), ("baseUrl",),
        ("previewUrl",), ("externalLink", "linkUri"),
    ],
)  # fmt: skip
def test_every_address_of_every_message_is_encoded(path: tuple[str, ...]) -> None:
    message: Any = "https://{{ contact.host }}.example/?q={{ contact.q }}"
    for name in reversed(path):
        message = {name: message}
    filled: Any = fill([message], {"host": "a b", "q": "a&b 結"})[0]
    for name in path:
        filled = filled[name]
    assert filled == "https://a%20b.example/?q=a%26b%20%E7%B5%90"


WORDS = PropertyValues(
    {"plan": "plan_gold_v2", "day": "2026-12-24", "at": "2026-12-24T01:30:00Z", "owner": "77"},
    {"plan": "Gold", "day": "December 24, 2026", "at": "December 24, 2026 10:30 AM", "owner": ""},
    {"at": "2026-12-24T10:30"},
)


@pytest.mark.parametrize(
    ("name", "written", "filled"),
    [
        ("text", "{{ contact.plan }} {{ contact.day }}", "Gold December 24, 2026"),
        ("label", "{{ contact.plan }}", "Gold"),
        ("altText", "{{ contact.plan }}", "Gold"),
        ("displayText", "{{ contact.plan }}", "Gold"),
        ("clipboardText", "{{ contact.plan }}", "Gold"),
        ("name", "{{ contact.plan }}", "Gold"),
        ("uri", "https://a.example/{{ contact.plan }}", "https://a.example/plan_gold_v2"),
        ("data", "plan={{ contact.plan }}", "plan=plan_gold_v2"),
        ("trackingId", "{{ contact.plan }}", "plan_gold_v2"),
        ("text", "{{ contact.owner | default('us') }}", "us"),
        ("text", "{{ contact.unknown | default('us') }}", "us"),
    ],
)
def test_people_read_labels_and_programs_read_values(name: str, written: str, filled: str) -> None:
    assert fill([{name: written}], WORDS) == [{name: filled}]


@pytest.mark.parametrize(
    ("mode", "token", "moment"),
    [
        ("date", "day", "2026-12-24"), ("date", "at", "2026-12-24"), ("time", "at", "10:30"),
        ("datetime", "at", "2026-12-24T10:30"), ("datetime", "day", "2026-12-24T00:00"),
    ],
)  # fmt: skip
def test_the_date_picker_is_told_moments_as_its_mode_wants_them(
    mode: str, token: str, moment: str
) -> None:
    action = {"type": "datetimepicker", "mode": mode, "initial": f"{{{{ contact.{token} }}}}"}
    assert fill([action], WORDS)[0]["initial"] == moment
    assert fill([{**action, "initial": "2020-01-01"}], WORDS)[0]["initial"] == "2020-01-01"


def test_braces_of_a_text_v2_are_lines_own() -> None:
    message = {
        "type": "textV2",
        "text": "{{x}} {who} {{ contact.plan }} {{",
        "substitution": {"who": {"type": "mention"}},
        "quickReply": {"items": [{"action": {"label": "{{ contact.plan }}"}}]},
    }
    filled = fill([message], {"plan": "{Gold} }"})[0]
    assert filled["text"] == "{{x}} {who} {{Gold}} }} {{"
    assert filled["quickReply"]["items"][0]["action"]["label"] == "{Gold} }"
    with pytest.raises(InvalidMessage):
        fill([{"type": "textV2", "text": "{{ contact.first name }}"}], {})


def test_what_is_nested_without_end_is_refused() -> None:
    deep: Any = "x"
    for _ in range(3000):
        deep = {"contents": deep}
    with pytest.raises(InvalidMessage, match="nested"):
        fill([deep], {})


# Any words at all, half characters and braces among them.
ANYTHING = st.text(st.characters() | st.sampled_from("{}$%&'\"｜\0\ud83d🎉\u200b"), max_size=60)


@given(ANYTHING, ANYTHING, st.lists(st.integers(0, 3), min_size=1, max_size=8))
def test_an_emoji_stays_on_its_place_whatever_the_values_are(
    first: str, second: str, order: list[int]
) -> None:
    pieces = ["{{ contact.a | default('') }}", "{{contact.b|default('')}}", "$", "🎉x"]
    text = "".join(pieces[place] for place in order) + "$"
    marks = [place for place, sign in enumerate(text) if sign == "$"]
    emojis = [{"index": utf16_length(text[:place]), "emojiId": str(place)} for place in marks]
    message = {"type": "text", "text": text, "emojis": emojis}
    for filled in (fill([message], {"a": first, "b": second})[0], sample([message])[0]):
        units = filled["text"].encode("utf-16-le", "surrogatepass")
        for emoji in filled["emojis"]:
            assert units[2 * emoji["index"] : 2 * emoji["index"] + 2] == b"$\0"
        assert [one["emojiId"] for one in filled["emojis"]] == [one["emojiId"] for one in emojis]


EVERYWHERE: list[dict[str, Any]] = [
    {"type": "text", "text": "Hi {{ contact.a | default('x') }} $", "emojis": [
        {"index": 33, "productId": "1", "emojiId": "1"}]},
    {"type": "textV2", "text": "Hi {{ contact.a | default('x') }} {{x}}"},
    {"type": "image", "originalContentUrl": "https://a.example/{{ contact.a | default('x') }}",
     "previewImageUrl": "{{ contact.a | default('https://a.example/') }}"},
    {"type": "location", "title": "{{ contact.a | default('x') }}", "address": "x",
     "latitude": 1, "longitude": 1},
    {"type": "template", "altText": "{{ contact.a | default('x') }}", "template": {
        "type": "buttons", "text": "{{ contact.a | default('x') }}", "actions": [
            {"type": "uri", "label": "{{ contact.a | default('x') }}",
             "uri": "tel:{{ contact.a | default('0') }}"},
            {"type": "uri", "label": "x", "uri": "{{ contact.a | default('https://a.example') }}",
             "altUri": {"desktop": "https://a.example/?q={{ contact.a | default('x') }}"}},
            {"type": "postback", "label": "x", "data": "a={{ contact.a | default('x') }}",
             "displayText": "{{ contact.a | default('x') }}"},
            {"type": "datetimepicker", "label": "x", "data": "x", "mode": "date",
             "initial": "{{ contact.a | default('2026-12-24') }}"}]}},
    {"type": "flex", "altText": "x", "contents": {"type": "bubble", "body": {
        "type": "box", "layout": "vertical", "contents": [
            {"type": "text", "text": "{{ contact.a | default('x') }}"},
            {"type": "button", "action": {"type": "uri", "label": "x",
             "uri": "https://{{ contact.a | default('a') }}.example/"}}]}}},
    {"type": "imagemap", "baseUrl": "https://a.example/{{ contact.a | default('x') }}",
     "altText": "x", "baseSize": {"width": 1040, "height": 1}, "actions": [
        {"type": "uri", "linkUri": "https://a.example/{{ contact.a | default('x') }}"}]},
    {"type": "text", "text": "x", "sender": {
        "name": "{{ contact.a | default('x') }}",
        "iconUrl": "https://a.example/{{ contact.a | default('x') }}"},
     "quickReply": {"items": [{"type": "action", "action": {
        "type": "message", "label": "{{ contact.a | default('x') }}", "text": "x"}}]}},
]  # fmt: skip


@given(ANYTHING | st.sampled_from([*PHONES, "https://例え.jp/", "2026-12-24"]))
def test_any_value_makes_a_message_that_can_be_sent_or_a_refusal_in_words(value: str) -> None:
    value = storable(value)
    for message in EVERYWHERE:
        try:
            filled = fill([message], {"a": value})
            check_messages(filled, count_clusters)
        except InvalidMessage:
            continue
        json.dumps(filled, ensure_ascii=False).encode()
        assert all(url.isascii() and not ODD.search(url) for url in addresses_of(filled))
