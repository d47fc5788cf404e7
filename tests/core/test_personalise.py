"""Tokens: two forms, and nothing else is ever evaluated."""

from typing import Any

import pytest

from plugin.core.message_part import InvalidMessage
from plugin.core.personalise import fill, property_names, sample


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
