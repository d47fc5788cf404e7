"""Templates that are not right: what is said of them, in whose words, and that nothing is kept."""

import json
import re

import pytest

from tests.support.world import Tenant, World
from tests.web.message_templates.editor import HELLO, kept, send, write
from tests.web.pages import marks


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "message is empty"),
        ({"bubble.0.kind": "text", "bubble.0.text": ""}, "Write something here."),
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
        ({"bubble.0.kind": "text", "bubble.0.text": "a" * 5001}, "5,001文字あります"),
        ({"bubble.0.kind": "text", "bubble.0.text": "{{ x }}"}, "{{ x }} はパーソナライズトークン"),
        (
            {**HELLO, "bubble.1.kind": "text", "bubble.1.text": ""},
            "メッセージ2 · テキスト ：入力してください。",
        ),
        (
            {**HELLO, "bubble.1.kind": "json", "bubble.1.json": "[]"},
            "メッセージ2 · JSON ：JSONは、{ }で",
        ),
        (
            {**HELLO, "quick_replies": "あ" * 21},
            "クイックリプライ1 ：21文字あります",
        ),
        ({**HELLO, "sender_name": "LINE"}, "送信者名 ：LINEからの回答：The name is not allowed"),
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
    assert "LINEからの回答：" in page.text


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


def test_each_message_says_its_own_problem_at_once(world: World, alice: Tenant) -> None:
    page = write(
        world,
        alice,
        **{
            "bubble.0.kind": "text", "bubble.0.text": "x" * 5001,
            "bubble.1.kind": "image", "bubble.1.image_url": "http://example.com/a.png",
            "bubble.2.kind": "text", "bubble.2.text": "Good",
        },
    )  # fmt: skip
    assert page.status == 422
    problems = page.html.split('data-testid="problems"')[1].split("</div>")[0]
    assert problems.count("<li>") == 2
    assert "Message 1" in problems
    assert "Message 2" in problems


MANY = {
    "name": "",
    "bubble.0.kind": "buttons", "bubble.0.title": "x" * 41, "bubble.0.text": "",
    "bubble.0.actions.0.label": "", "bubble.0.actions.1.label": "y" * 21, "bubble.0.actions.1.to": "https://example.com",
    "bubble.1.kind": "video", "bubble.1.video_url": "http://example.com/a.mp4",
    "bubble.2.kind": "flex", "bubble.2.alt_text": "", "bubble.2.json": "{",
    "bubble.3.kind": "text", "bubble.3.text": "Good",
    "reply.0.label": "z" * 21, "reply.0.kind": "say", "reply.0.value": "",
    "sender_icon_url": "x",
}  # fmt: skip
AT = {
    "name", "bubble.0.title", "bubble.0.text", "bubble.0.actions.1.label", "bubble.1.video_url",
    "bubble.1.preview_url", "bubble.2.json", "reply.0.label", "sender_icon_url",
}  # fmt: skip


def test_everything_is_said_at_once_and_at_its_field(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates/new")
    html = send(alice, page, "/templates/new", **MANY).html
    assert set(re.findall(r'data-testid="error-([\w.]+)"', html)) == AT
    assert set(re.findall(r'<li><a href="#([\w.]+)">', html)) == AT
    for name in AT:
        told = re.search(rf'id="{re.escape(name)}"[^>]* aria-describedby="([^"]+)"', html)
        assert told is not None, name
        assert all(f'id="{each}"' in html for each in told[1].split()), name
    assert html.count('aria-invalid="true"') == len(AT)
    # What was typed stands there still.
    assert "y" * 21 in html
    assert not kept(world)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("messages[0].template.actions[0].label", "bubble.0.actions.0.label"),
        ("messages[0].template.text", "bubble.0.text"),
        ("messages[0].template.odd", "bubble.0"),
        ("messages[0].sender.name", "sender_name"),
    ],
)
def test_what_line_refuses_stands_at_the_field(
    world: World, alice: Tenant, path: str, field: str
) -> None:
    details = [{"message": "Not this one", "property": path}]
    body = {"message": "The request body has 1 error(s)", "details": details}
    world.sandbox.fail("/validate", {"status": 400, "body": body}, method="POST")
    fields = {
        "bubble.0.kind": "buttons", "bubble.0.text": "Choose", "bubble.0.actions.0.label": "Shop",
        "bubble.0.actions.0.to": "https://example.com", "sender_name": "Shop",
    }  # fmt: skip
    page = write(world, alice, **fields)
    assert page.status == 422
    told = re.search(rf'data-testid="error-{re.escape(field)}">([^<]*)<', page.html)
    assert told is not None
    assert told[1] == "LINE says: Not this one"


def test_a_field_of_an_area_is_named_once_and_by_its_own_label(world: World, alice: Tenant) -> None:
    area = {"to": "https://example.com", "x": "-1", "y": "0", "width": "10", "height": "tall"}
    page = write(
        world,
        alice,
        **{"bubble.0.kind": "imagemap", "bubble.0.height": "1040"},
        **{f"bubble.0.areas.0.{name}": text for name, text in area.items()},
    )
    assert page.status == 422
    told = re.findall(r"<li><a href=.*?</li>", page.html)
    assert [re.sub(r"<[^>]+>", "", each) for each in told] == [
        "Area 1 · From the left: Write a whole number, 0 or more.",
        "Area 1 · Height: Write a whole number, 0 or more.",
    ]
