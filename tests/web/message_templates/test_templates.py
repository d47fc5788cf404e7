"""Templates: written, looked at, kept in versions, tried on oneself, duplicated, archived."""

import re

import pytest
import requests

from plugin.models import Delivery, Member, TemplateVersion, db
from plugin.services.message_templates.library import create_template, save_version
from tests.support.people import line_user, linked
from tests.support.world import BOB, Tenant, World
from tests.web.message_templates.editor import HELLO, kept, send, write
from tests.web.pages import marks


def test_a_portal_without_an_account_is_led_to_connect_one(world: World) -> None:
    walker = world.install().walker
    assert {"empty", "connect"} <= set(marks(walker.go(f"{world.url}/templates")))
    assert walker.go(f"{world.url}/templates/new").url == f"{world.url}/templates"


def test_an_empty_shelf_begins_the_first_template(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates")
    assert {"empty", "new-template"} <= set(marks(page))
    assert "template-form" in marks(alice.walker.go(f"{world.url}/templates/new"))


@pytest.mark.both_databases
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


@pytest.mark.both_databases
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


def test_a_test_send_chooses_nobody_but_whom_this_person_sent_to(
    world: World, alice: Tenant
) -> None:
    """Not the newest friend, nor one whose contact has the person's own address."""
    friend_id, _ = linked(world, alice, BOB, line_user("charlie"))
    page = write(world, alice)
    path = "/templates/" + page.url.rpartition("/")[2]
    assert f'<option value="{friend_id}">' in page.html
    assert not re.search(r'<option value="\d+" selected', page.html)
    assert "Choose a friend" in send(alice, page, f"{path}/test").text
    assert world.sandbox.control("GET", "/deliveries")["deliveries"] == []
    page = send(alice, page, f"{path}/test", friend=str(friend_id))
    assert f'<option value="{friend_id}" selected' in page.html
    assert "selected" in alice.walker.go(f"{world.url}{path}?friend=bob").html


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


@pytest.mark.both_databases
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
    assert 'name="reply.1.value" value="https://shop.example.com"' in page.html
    page = send(alice, page, "/templates/new", **{**HELLO, "sender_name": "LINE shop"}, name="x")
    assert page.status == 422
    assert "must not contain the word LINE" in page.text


def test_a_stranger_sees_no_template(world: World, alice: Tenant) -> None:
    page = write(world, alice)
    answer = requests.get(page.url, timeout=30, allow_redirects=False)
    assert answer.status_code == 302


@pytest.mark.both_databases
def test_the_kind_filter_finds_any_message_of_the_version_that_is_sent(
    world: World, alice: Tenant
) -> None:
    picture = "https://shop.example/a.png"
    image = {"type": "image", "originalContentUrl": picture, "previewImageUrl": picture}
    box = {"type": "box", "layout": "vertical", "contents": [{"type": "image", "url": picture}]}
    flex = {"type": "flex", "altText": "A", "contents": {"type": "bubble", "body": box}}
    act = {"type": "message", "label": "Yes", "text": "Yes"}
    buttons = {"type": "buttons", "text": "Really?", "actions": [act]}
    template = {"type": "template", "altText": "B", "template": buttons}
    audio = {"type": "audio", "originalContentUrl": "https://shop.example/a.m4a", "duration": 1}
    hello = {"type": "text", "text": "Hello"}
    with world.app.app_context():
        account = world.account(alice)
        create_template(account, "Pair", [hello, image])
        create_template(account, "Card", [flex, template])
        create_template(account, "Sound", [audio])
        changed = create_template(account, "Changed", [image])
        save_version(changed, "Changed", [hello])

    def found(kind: str) -> set[str]:
        html = alice.walker.go(f"{world.url}/templates?kind={kind}").html
        return set(re.findall(r'data-testid="template">([^<]+)', html))

    assert found("image") == {"Pair"}
    assert found("text") == {"Pair", "Changed"}
    assert found("flex") == found("buttons") == {"Card"}
    assert found("json") == {"Sound"}
    assert found("video") == set()
    assert "Text, Image" in alice.walker.go(f"{world.url}/templates").text
