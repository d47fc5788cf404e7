"""Templates: written, looked at, kept in versions, tried on oneself, duplicated, archived."""

import json
from typing import Any

import pytest
import requests

from plugin.models import Delivery, Member, Template, TemplateVersion, db
from tests.doors.web_rig import csrf_of, marks
from tests.people import line_user, linked
from tests.walker import Page
from tests.world import BOB, Tenant, World

HELLO = {"bubble.0.kind": "text", "bubble.0.text": "Hello"}


def send(tenant: Tenant, page: Page, path: str, act: str = "save", **fields: str) -> Page:
    """Send the editor's form with just these fields."""
    data = {"csrf_token": csrf_of(page), "act": act, "account": str(tenant.account_id), **fields}
    return tenant.walker._arrive(
        tenant.walker.session.post(page.url.split("/templates")[0] + path, data=data, timeout=30)
    )


def write(world: World, tenant: Tenant, name: str = "Welcome", **fields: str) -> Page:
    """A new template, saved."""
    page = tenant.walker.go(f"{world.url}/templates/new")
    return send(tenant, page, "/templates/new", name=name, **(fields or HELLO))


def kept(world: World) -> list[tuple[Template, list[dict[str, Any]]]]:
    """Every template with what it says now."""
    with world.app.app_context():
        rows = db.session.scalars(db.select(Template).order_by(Template.id)).all()
        return [(one, TemplateVersion.current(one).messages) for one in rows]


def test_a_portal_without_an_account_is_led_to_connect_one(world: World) -> None:
    walker = world.install().walker
    assert {"empty", "connect"} <= set(marks(walker.go(f"{world.url}/templates")))
    assert walker.go(f"{world.url}/templates/new").url == f"{world.url}/templates"


def test_an_empty_shelf_begins_the_first_template(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates")
    assert {"empty", "new-template"} <= set(marks(page))
    assert "template-form" in marks(alice.walker.go(f"{world.url}/templates/new"))


def test_a_saved_template_is_on_the_shelf_and_on_the_phone(world: World, alice: Tenant) -> None:
    text = "Hello {{ contact.firstname | default('there') }}"
    page = write(world, alice, **{"bubble.0.kind": "text", "bubble.0.text": text})
    [(made, messages)] = kept(world)
    assert page.url == f"{world.url}/templates/{made.id}"
    assert messages == [{"type": "text", "text": text}]
    assert (made.kind, made.version) == ("text", 1)
    assert "Hello there" in page.text
    shelf = alice.walker.go(f"{world.url}/templates")
    assert "Welcome" in shelf.text
    assert "No template fits" in alice.walker.go(f"{world.url}/templates?q=other").text
    assert "Welcome" in alice.walker.go(f"{world.url}/templates?q=wel&kind=text").text


def test_saving_makes_a_version_only_where_something_changed(world: World, alice: Tenant) -> None:
    page = write(world, alice)
    path = "/templates/" + page.url.rpartition("/")[2]
    page = send(alice, page, path, name="Greeting", **HELLO)
    assert [(one.name, one.version) for one, _ in kept(world)] == [("Greeting", 1)]
    changed = {"bubble.0.kind": "text", "bubble.0.text": "Good day"}
    page = send(alice, page, path, name="Greeting", **changed)
    assert "Saved as version 2" in page.text
    assert kept(world)[0][1] == [{"type": "text", "text": "Good day"}]
    old = alice.walker.go(f"{world.url}{path}?version=1")
    assert "old-version" in marks(old)
    assert ">\nHello</textarea>" in old.html
    assert alice.walker.go(f"{world.url}{path}?version=9").status == 404
    with world.app.app_context():
        by = {one.by for one in db.session.scalars(db.select(TemplateVersion))}
    assert by == {"admin@example.com"}


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
        ({**HELLO, "sender_name": "LINE"}, "送信者：送信者名に「LINE」という語は使えません"),
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


def test_the_small_buttons_change_the_form_and_keep_nothing(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates/new")
    page = send(alice, page, "/templates/new", "add:carousel", name="Two", **HELLO)
    assert {"draft-0", "draft-1", "add-card-1"} <= set(marks(page))
    two = {**HELLO, "bubble.1.kind": "carousel", "bubble.1.cards.0.text": "First card"}
    page = send(alice, page, "/templates/new", "card:1", name="Two", **two)
    assert "bubble.1.cards.1.text" in page.html
    page = send(alice, page, "/templates/new", "up:1", name="Two", **two)
    assert 'name="bubble.0.kind" value="carousel"' in page.html
    page = send(alice, page, "/templates/new", "remove:0", name="Two", **two)
    assert "First card" in page.text
    assert "draft-1" not in marks(page)
    assert not kept(world)


def test_the_preview_is_a_fragment_with_complaints_in_their_place(
    world: World, alice: Tenant
) -> None:
    page = alice.walker.go(f"{world.url}/templates/new")
    broken = {"bubble.1.kind": "json", "bubble.1.json": "{"}
    shown = send(alice, page, "/templates/preview", name="", **HELLO, **broken)
    assert {"preview", "bubble-text", "problem"} <= set(marks(shown))
    assert "<html" not in shown.html


def test_markup_in_a_message_is_shown_as_text(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates/new")
    evil = {"bubble.0.kind": "text", "bubble.0.text": "<script>alert(1)</script>"}
    shown = send(alice, page, "/templates/preview", **evil)
    assert "<script>" not in shown.html


def test_a_test_send_goes_to_the_chosen_friend_who_is_remembered(
    world: World, alice: Tenant
) -> None:
    user_id = line_user("charlie")
    friend_id, _ = linked(world, alice, BOB, user_id)
    text = "Hello {{ contact.firstname }}"
    page = write(world, alice, **{"bubble.0.kind": "text", "bubble.0.text": text})
    path = "/templates/" + page.url.rpartition("/")[2]
    page = send(alice, page, f"{path}/test", friend=str(friend_id))
    assert "LINE accepted the test" in page.text
    sent = world.sandbox.control("GET", f"/deliveries?user_id={user_id}")["deliveries"]
    assert sent[-1]["messages"][0]["text"] == "Hello Bob"
    with world.app.app_context():
        delivery = db.session.scalars(db.select(Delivery)).one()
        assert (delivery.template_version, delivery.filling) == (1, "")
        assert delivery.messages == [{"type": "text", "text": "Hello Bob"}]
        member = db.session.scalars(db.select(Member)).first()
        assert member is not None
        assert member.test_friends == {str(alice.account_id): friend_id}
    assert f'value="{friend_id}" selected' in page.html
    world.work(60)
    again = world.sandbox.control("GET", f"/deliveries?user_id={user_id}")["deliveries"]
    assert len(again) == len(sent)


def test_a_template_without_tokens_needs_no_hubspot(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice, BOB, line_user("charlie"))
    path = "/templates/" + write(world, alice).url.rpartition("/")[2]
    world.sandbox.fail("/crm/objects/.*/batch/read", {"status": 503})
    page = send(alice, alice.walker.page, f"{path}/test", friend=str(friend_id))
    assert "LINE accepted the test" in page.text


def test_a_missing_value_is_named_where_the_test_was_sent(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice, BOB, line_user("charlie"))
    text = {"bubble.0.kind": "text", "bubble.0.text": "From {{ contact.company }}"}
    page = write(world, alice, **text)
    path = "/templates/" + page.url.rpartition("/")[2]
    page = send(alice, page, f"{path}/test", friend=str(friend_id))
    assert "company" in page.text
    assert "no default" in page.text


def test_nobody_is_no_friend_to_send_to(world: World, alice: Tenant, charlie: Tenant) -> None:
    foreign, _ = linked(world, charlie, BOB, line_user("charlie"))
    page = write(world, alice)
    path = "/templates/" + page.url.rpartition("/")[2]
    assert send(alice, page, f"{path}/test", friend=str(foreign)).status == 404
    assert "Choose a friend" in send(alice, page, f"{path}/test", friend="x").text


def test_a_duplicate_has_versions_of_its_own(world: World, alice: Tenant) -> None:
    page = write(world, alice)
    path = "/templates/" + page.url.rpartition("/")[2]
    page = send(alice, page, f"{path}/duplicate")
    assert page.status == 200
    first, second = kept(world)
    assert second[0].name == "Copy of Welcome"
    assert first[1] == second[1]


def test_an_archived_template_is_gone_from_the_shelf(world: World, alice: Tenant) -> None:
    page = write(world, alice)
    path = "/templates/" + page.url.rpartition("/")[2]
    page = send(alice, page, f"{path}/archive")
    assert "is archived" in page.text
    assert alice.walker.go(f"{world.url}{path}").status == 404
    assert "empty" in marks(alice.walker.go(f"{world.url}/templates"))


def test_an_archived_template_is_found_in_the_archive_and_restored(
    world: World, alice: Tenant
) -> None:
    assert "archive-shelf" not in marks(alice.walker.go(f"{world.url}/templates"))
    path = "/templates/" + write(world, alice).url.rpartition("/")[2]
    page = send(alice, write(world, alice, "Other"), f"{path}/archive")
    assert "archive-shelf" in marks(page)
    shelf = alice.walker.go(f"{world.url}/templates?archived=yes")
    assert marks(shelf).count("archived-template") == 1
    assert "Welcome" in shelf.text
    assert "Other" not in shelf.text
    page = alice.walker.submit()
    assert page.url == f"{world.url}{path}"
    assert "can be chosen again" in page.text
    assert "empty" in marks(alice.walker.go(f"{world.url}/templates?archived=yes"))
    assert send(alice, page, f"{path}/restore").status == 404


def test_quick_replies_and_the_sender_stand_at_the_messages(world: World, alice: Tenant) -> None:
    extras = {"quick_replies": "Yes\r\nShop | https://shop.example.com", "sender_name": "Bob"}
    two = {**HELLO, "bubble.1.kind": "text", "bubble.1.text": "Coming?"}
    page = alice.walker.go(f"{world.url}/templates/new")
    shown = send(alice, page, "/templates/preview", **two, **extras)
    assert marks(shown).count("said-by") == 2
    assert "Yes" in shown.text
    page = write(world, alice, **two, **extras)
    [(_, (first, last))] = kept(world)
    assert (first["sender"], last["sender"]) == ({"name": "Bob"}, {"name": "Bob"})
    labels = [one["action"]["label"] for one in last["quickReply"]["items"]]
    assert labels == ["Yes", "Shop"]
    assert "quickReply" not in first
    form = alice.walker._with_button("save").fields
    assert (form["bubble.0.kind"], form["bubble.1.kind"]) == ("text", "text")
    assert form["sender_name"] == "Bob"
    assert ">\nYes\nShop | https://shop.example.com</textarea>" in page.html
    page = send(alice, page, "/templates/new", **{**HELLO, "sender_name": "LINE shop"}, name="x")
    assert page.status == 422
    assert "must not contain the word LINE" in page.text


def test_a_stranger_sees_no_template(world: World, alice: Tenant) -> None:
    page = write(world, alice)
    answer = requests.get(page.url, timeout=30, allow_redirects=False)
    assert answer.status_code == 302
