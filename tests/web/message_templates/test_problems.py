"""Templates that are not right: what is said of them, in whose words, and that nothing is kept."""

import json

import pytest

from tests.support.world import Tenant, World
from tests.web.message_templates.editor import HELLO, kept, send, write
from tests.web.pages import marks


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "message is empty"),
        ({"bubble.0.kind": "text", "bubble.0.text": ""}, "text is empty"),
        ({"bubble.0.kind": "text", "bubble.0.text": "a" * 5001}, "5,001"),
        ({"bubble.0.kind": "text", "bubble.0.text": "Hi {{ firstname }}"}, "is not a token"),
        ({"bubble.0.kind": "text", "bubble.0.text": "Hi {{ contact.x"}, "not closed"),
        ({"bubble.0.kind": "json", "bubble.0.json": "{"}, "cannot be read"),
        ({"bubble.0.kind": "image", "bubble.0.image_url": "http://a.example/a.png"}, "https"),
        ({**HELLO, "name": ""}, "Give the template a name"),
    ],
)
def test_what_line_would_not_take_is_not_kept(
    world: World, alice: Tenant, fields: dict[str, str], said: str
) -> None:
    page = alice.walker.go(f"{world.url}/templates/new")
    page = send(alice, page, "/templates/new", **{"name": "Welcome", **fields})
    assert page.status == 422
    assert "problems" in marks(page)
    assert said in page.text
    assert not kept(world)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "メッセージが空です"),
        ({"bubble.0.kind": "text", "bubble.0.text": "a" * 5001}, "テキストが5,001文字あります"),
        ({"bubble.0.kind": "text", "bubble.0.text": "{{ x }}"}, "{{ x }} はパーソナライズトークン"),
        ({**HELLO, "bubble.1.kind": "text", "bubble.1.text": ""}, "メッセージ2：テキストが空です"),
        ({**HELLO, "bubble.1.kind": "json", "bubble.1.json": "[]"}, "メッセージ2：JSONは、{ }で"),
        (
            {**HELLO, "quick_replies": "あ" * 21},
            "クイックリプライ、ボタン1、アクション：ラベルが21文字",
        ),
        ({**HELLO, "sender_name": "LINE"}, "：The name is not allowed"),
    ],
)
def test_a_problem_is_said_in_the_language_of_the_page(
    world: World, alice: Tenant, fields: dict[str, str], said: str
) -> None:
    page = alice.walker.go(f"{world.url}/templates/new?lang=ja")
    page = send(alice, page, "/templates/new", name="Welcome", **fields)
    assert page.status == 422
    assert said in page.text
    assert not kept(world)


def test_the_phone_says_in_japanese_what_it_cannot_show(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates/new?lang=ja")
    broken = {"bubble.0.kind": "json", "bubble.0.json": "{"}
    page = send(alice, page, "/templates/preview", "look", **broken)
    assert "JSONを読み取れません" in page.text


def test_lines_own_complaint_names_its_place_in_japanese(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates/new?lang=ja")
    flex = json.dumps({"type": "bubble", "body": {"type": "box", "layout": "odd", "contents": []}})
    fields = {"bubble.0.kind": "flex", "bubble.0.alt_text": "A", "bubble.0.json": flex}
    page = send(alice, page, "/templates/new", name="Welcome", **fields)
    assert page.status == 422
    assert "メッセージ1、" in page.text


def test_line_itself_is_asked_and_its_complaint_is_in_words(world: World, alice: Tenant) -> None:
    flex = json.dumps({"type": "bubble", "body": {"type": "box", "layout": "odd", "contents": []}})
    fields = {"bubble.0.kind": "flex", "bubble.0.alt_text": "A", "bubble.0.json": flex}
    page = write(world, alice, **fields)
    assert page.status == 422
    assert "layout" in page.text
    assert not kept(world)


def test_a_line_that_does_not_answer_is_said_and_hinders_nothing(
    world: World, alice: Tenant
) -> None:
    world.sandbox.fail("/validate", {"status": 503, "body": {}}, method="POST")
    page = write(world, alice)
    assert "LINE could not be asked" in page.text
    assert len(kept(world)) == 1
