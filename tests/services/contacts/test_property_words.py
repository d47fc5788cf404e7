"""Values of every kind in several languages, and odd ones that stay what they are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.core.messages.personalise import PropertyValues
from plugin.gateways import PropertyShape
from plugin.services.contacts.known_properties import Shapes
from plugin.services.contacts.property_words import words_for

KINDS = [
    ("date", "date"), ("datetime", "date"), ("number", "number"), ("bool", "booleancheckbox"),
    ("enumeration", "checkbox"), ("enumeration", "select"), ("string", "html"), ("string", "text"),
    ("", ""),
]  # fmt: skip


def words(value: str, kind: str, field: str, language: str = "en", **more: Any) -> PropertyValues:
    zone = more.pop("zone", "Asia/Tokyo")
    shape = PropertyShape("p", kind, field, **more)
    return words_for({"p": value}, Shapes({"p": shape}, {"1": "Mika", "2": "Ken"}, zone), language)


def shown(value: str, kind: str, field: str, language: str = "en", **more: Any) -> str:
    return words(value, kind, field, language, **more).shown["p"]


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [
        ("2026-12-24", "en", "December 24, 2026"),
        ("2026-12-24", "ja", "2026年12月24日"),
        ("2026-12-24", "th", "24 ธันวาคม ค.ศ. 2026"),
        ("2026-12-24", "zh-Hant", "2026年12月24日"),
        ("1798070400000", "en", "December 24, 2026"),
        ("24.12.2026", "en", "24.12.2026"),
        ("9" * 30, "en", "9" * 30),
    ],
)
def test_a_date_has_no_zone(value: str, language: str, text: str) -> None:
    assert shown(value, "date", "date", language, zone="America/New_York") == text


@pytest.mark.parametrize(
    ("value", "zone", "text", "moment"),
    [
        ("2026-12-24T22:30:00Z", "Asia/Tokyo", "December 25, 2026 7:30 AM", "2026-12-25T07:30"),
        ("2026-12-24T22:30:00.123Z", "UTC", "December 24, 2026 10:30 PM", "2026-12-24T22:30"),
        ("1798151400000", "Asia/Tokyo", "December 25, 2026 7:30 AM", "2026-12-25T07:30"),
        ("2026-07-01T12:00:00Z", "Europe/Berlin", "July 1, 2026 2:00 PM", "2026-07-01T14:00"),
        ("2026-12-24T22:30:00Z", "No/Such", "December 24, 2026 10:30 PM", "2026-12-24T22:30"),
        ("9999-12-31T23:59:59Z", "Asia/Tokyo", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("soon", "Asia/Tokyo", "soon", "soon"),
    ],
)
def test_a_moment_is_the_portals(value: str, zone: str, text: str, moment: str) -> None:
    made = words(value, "datetime", "date", zone=zone)
    assert (made.shown["p"], made.moments["p"]) == (text, moment)


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [
        ("2026", "en", "2026"), ("12000", "en", "12,000"), ("12000.0", "ja", "12,000"),
        ("12000.5", "de", "12.000,5"), ("1.5E7", "en", "15,000,000"), ("-0.25", "en", "-0.25"),
        ("1E999", "en", "1E999"), ("NaN", "en", "NaN"), ("many", "en", "many"),
    ],
)  # fmt: skip
def test_numbers(value: str, language: str, text: str) -> None:
    assert shown(value, "number", "number", language) == text


@pytest.mark.parametrize(
    ("labels", "language", "text"),
    [
        ({}, "en", "Yes"), ({}, "ja", "はい"), ({"true": "Yes"}, "ja", "はい"),
        ({"true": "会員"}, "en", "会員"), ({"true": "会員"}, "ja", "会員"), ({}, "th", "ใช่"),
        ({}, "zh-TW", "是"), ({}, "ko", "Yes"),
    ],
)  # fmt: skip
def test_a_checkbox(labels: dict[str, str], language: str, text: str) -> None:
    assert shown("true", "bool", "booleancheckbox", language, labels=labels) == text
    assert shown("true", "enumeration", "booleancheckbox", language, labels=labels) == text


def test_owners_and_choices() -> None:
    assert shown("1;2", "enumeration", "checkbox", of_owners=True) == "Mika, Ken"
    assert shown("1", "enumeration", "select", "ja", of_owners=True) == "Mika"
    assert shown("9", "enumeration", "select", of_owners=True) == ""
    labels = {"a;b": "Both", "a": "A"}
    assert shown("a;b", "enumeration", "select", labels=labels) == "Both"
    assert shown("a;c", "enumeration", "checkbox", labels=labels) == "A, c"


@given(st.text(max_size=40), st.sampled_from(KINDS), st.text(max_size=8))
def test_no_value_and_no_language_is_too_odd(
    value: str, kind: tuple[str, str], language: str
) -> None:
    made = words_for(
        {"p": value}, Shapes({"p": PropertyShape("p", *kind)}, {}, "Asia/Tokyo"), language
    )
    assert all(isinstance(text, str) for text in made.shown.values())
    if kind == ("string", "text"):
        assert made.shown.get("p", "") == value.strip()
