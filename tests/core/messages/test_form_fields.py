"""Each problem of a draft stands at the field that a marketer mends."""

import itertools
from typing import Any

import pytest

from plugin.core.messages.checks import find_problems
from plugin.core.messages.drafts import message_of
from plugin.core.messages.form_fields import extra_field_of, field_of, form_problems
from plugin.core.messages.part import Path, count_clusters

URL = "https://example.com/a.png"
BUTTON = {"label": "Open", "to": "https://example.com"}
LONG, BARE = {"label": "x" * 21, "to": "https://example.com"}, {"label": "Open", "to": "http:// a"}

# A draft, and the fields at which something is wrong.
DRAFTS: list[tuple[dict[str, Any], set[str]]] = [
    ({"kind": "text", "text": " "}, {"text"}),
    ({"kind": "text", "text": "{{ nothing"}, {"text"}),
    ({"kind": "image", "image_url": "http://a.example/a.png"}, {"image_url"}),
    ({"kind": "image", "image_url": "x", "preview_url": "y"}, {"image_url", "preview_url"}),
    ({"kind": "video", "video_url": "", "preview_url": ""}, {"video_url", "preview_url"}),
    ({"kind": "sticker"}, {"package_id", "sticker_id"}),
    ({"kind": "coupon"}, {"coupon_id"}),
    (
        {
            "kind": "buttons", "image_url": "http://a.example", "title": "x" * 41, "text": "y" * 61,
            "alt_text": "z" * 1501, "actions": [{}, LONG, BUTTON, BARE],
        },
        {"image_url", "title", "text", "alt_text", "actions.1.label", "actions.3.to"},
    ),
    ({"kind": "buttons", "text": "x", "actions": [{}]}, {"actions.0.label"}),
    ({"kind": "confirm", "text": "", "alt_text": "x", "actions": [BUTTON, {}]},
     {"text", "actions.1.label"}),
    (
        {"kind": "carousel", "alt_text": "x", "cards": [
            {"text": "", "actions": [BUTTON]},
            {"text": "Fine", "actions": [{}, LONG]},
            {"text": "{{ contact.x", "actions": [BUTTON]},
        ]},
        {"cards.2.text"},
    ),
    (
        {"kind": "carousel", "alt_text": "x", "cards": [
            {"text": "", "actions": [BUTTON]}, {"text": "Fine", "actions": [{}, LONG]},
        ]},
        {"cards.0.text", "cards.1.actions.1.label"},
    ),
    (
        {"kind": "image_carousel", "alt_text": "x", "cards": [
            {"image_url": URL, "actions": [{"label": "x" * 13, "to": "https://example.com"}]},
            {"image_url": "no", "actions": [BUTTON]},
        ]},
        {"cards.0.actions.0.label", "cards.1.image_url"},
    ),
    ({"kind": "flex", "alt_text": "", "json": '{"type": "odd"}'}, {"alt_text", "json"}),
    ({"kind": "flex", "alt_text": "x", "json": "{"}, {"json"}),
    ({"kind": "json", "json": '{"type": "text", "text": ""}'}, {"json"}),
    (
        {"kind": "design", "design": "event", "title": "", "colour": "red",
         "actions": [{}, {"label": "x" * 41, "to": "https://example.com"}]},
        {"title", "colour", "actions.1.label"},
    ),
    (
        {"kind": "imagemap", "base_url": "x", "height": "tall",
         "areas": [{}, {"x": "a", "to": "b"}]},
        {"height", "areas.1.x", "areas.1.y", "areas.1.width", "areas.1.height"},
    ),
    (
        {"kind": "imagemap", "base_url": "x", "height": "100", "alt_text": "", "areas": [
            {}, {"x": "0", "y": "0", "width": "2000", "height": "10", "to": "https://"},
            {"x": "0", "y": "99", "width": "10", "height": "10", "to": "x", "label": "y" * 51},
        ]},
        {"base_url", "alt_text", "areas.1.width", "areas.1.to", "areas.2.height", "areas.2.label"},
    ),
]  # fmt: skip


def fields_at(draft: dict[str, Any]) -> set[Path]:
    problems = form_problems(draft)
    if problems:
        return {problem.path for problem in problems}
    found = find_problems(message_of(draft), None, count_clusters)
    return {field_of(draft, problem.path) for problem in found}


@pytest.mark.parametrize(("draft", "fields"), DRAFTS)
def test_every_problem_at_once_and_each_at_its_field(
    draft: dict[str, Any], fields: set[str]
) -> None:
    assert {".".join(map(str, path)) for path in fields_at(draft)} == fields


@pytest.mark.parametrize(
    ("kind", "path", "field"),
    [
        ("buttons", ("template", "actions", 1, "label"), ("actions", 2, "label")),
        ("buttons", ("template", "actions", 0, "uri"), ("actions", 1, "to")),
        ("buttons", ("template", "defaultAction"), ()),
        ("carousel", ("template", "columns", 1, "actions", 0), ("cards", 1, "actions", 0, "label")),
        ("carousel", ("template", "columns", 9, "text"), ("cards", 9, "text")),
        ("carousel", ("template", "columns"), ()),
        ("flex", ("body", "contents", "0", "text"), ("json",)),
        ("flex", ("altText",), ("alt_text",)),
        ("design", ("contents", "hero"), ()),
        ("json", (), ("json",)),
        ("imagemap", ("actions", 5), ()),
        ("text", ("odd",), ()),
        ("text", (), ()),
    ],
)  # fmt: skip
def test_what_line_names_is_a_field_of_the_form(kind: str, path: Path, field: Path) -> None:
    draft = {
        "kind": kind, "actions": [{}, BUTTON, BUTTON], "cards": [{"actions": [BUTTON]}] * 2,
    }  # fmt: skip
    assert field_of(draft, path) == field


def test_what_belongs_to_all_messages() -> None:
    item = ("quickReply", "items", 2, "action")
    assert extra_field_of((*item, "label")) == ("reply", 2, "label")
    assert extra_field_of((*item, "uri")) == ("reply", 2, "value")
    assert extra_field_of(("quickReply", "items")) == ("reply", 0, "label")
    assert extra_field_of(("sender", "name")) == ("sender_name",)
    assert extra_field_of(("sender",)) == ()


def test_any_path_of_lines_is_taken() -> None:
    steps: tuple[str | int, ...] = ("template", "columns", "actions", "action", "label", 0, 99, "")
    for draft, _ in DRAFTS:
        for path in itertools.product(steps, repeat=3):
            assert isinstance(field_of(draft, path), tuple)
