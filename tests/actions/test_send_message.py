"""What "Send LINE message" sends, and every way in which it does not."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models import Friend, Template, db
from plugin.models.transaction import transaction
from plugin.services.message_templates.library import archive_template, create_template
from tests.actions.calls import arrived, befriended, only_call, options, queued, run, send
from tests.support.people import friend_of, line_user, linked
from tests.support.world import BOB, Tenant, World


def test_all_inputs_arrive_as_one_card(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    inputs = {
        "text": "Come",
        "image_url": "https://example.com/a.png",
        "buttons": "Shop | https://example.com/shop",
        "quick_replies": "Yes\nNo",
        "sender_name": "Bob",
        "sender_icon_url": "https://example.com/i.png",
        "notification_disabled": "true",
    }
    assert send(world, inputs)["result"] == "sent"
    (delivery,) = arrived(world)
    (card,) = delivery["messages"]
    assert delivery["silent"] is True
    assert card["type"] == "flex"
    assert card["sender"] == {"name": "Bob", "iconUrl": "https://example.com/i.png"}
    assert [one["action"]["label"] for one in card["quickReply"]["items"]] == ["Yes", "No"]
    button = card["contents"]["footer"]["contents"][0]["action"]
    assert button["uri"].startswith(f"{world.url}/r/")


def test_up_to_five_bubbles_go_out_in_one_send(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    five = json.dumps([{"type": "text", "text": str(number)} for number in range(5)])
    assert send(world, {"message_json": five})["result"] == "sent"
    assert [one["text"] for one in arrived(world)[0]["messages"]] == ["0", "1", "2", "3", "4"]


def test_a_template_is_sent_as_it_stands_now(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    with world.app.app_context():
        messages = [{"type": "text", "text": "From the library"}]
        template = create_template(world.account(alice), "Welcome", messages)
        chosen = str(template.id)
    found = options(world, "send-message", "template", q="welc")["options"]
    assert [one["value"] for one in found] == [chosen]
    assert send(world, {"template": chosen})["result"] == "sent"
    assert arrived(world)[0]["messages"][0]["text"] == "From the library"
    with world.app.app_context():
        archive_template(db.session.get_one(Template, template.id))
    outputs = send(world, {"template": chosen}, callback="ap-2")
    assert outputs["result"] == "invalid_message"
    assert "archived" in outputs["error"]
    assert options(world, "send-message", "template")["options"] == []
    (saved,) = options(world, "send-message", "template", q=chosen)["options"]
    assert saved["label"] == "Welcome · version 1 (archived)"


@pytest.mark.parametrize(
    "inputs",
    [
        {"text": "a" * 5001},
        {"text": "Hi", "quick_replies": "\n".join(map(str, range(14)))},
        {"text": "Hi", "quick_replies": "x" * 21},
        {"text": "Hi", "sender_name": "LINE shop"},
        {"text": "Hi", "buttons": "no address"},
        {"message_json": json.dumps({"type": "flex", "altText": "x", "contents": {}})},
        {"message_json": '{"type": "text", "text": "x", "odd": NaN}'},
        {"message_json": '{"type": "text", "text": "x", "odd": 1e999}'},
        {"message_json": '{"type": "text", "odd": ' + '{"x":' * 700 + "1" + "}" * 701},
        {"template": "999"},
        {"template": "no number"},
    ],
)
def test_what_line_would_refuse_costs_nothing(
    world: World, alice: Tenant, inputs: dict[str, Any]
) -> None:
    befriended(world, alice)
    outputs = send(world, inputs)
    assert (outputs["result"], outputs["hs_execution_state"]) == (
        "invalid_message",
        "FAIL_CONTINUE",
    )
    assert arrived(world) == []


@pytest.mark.both_databases
def test_half_a_character_and_nul_harm_nobody(world: World, alice: Tenant) -> None:
    """As where a text was cut within an emoji."""
    befriended(world, alice)
    buttons = "Shop | https://example.com/\ud83d\0"
    assert send(world, {"text": "Hi\ud83d\0", "buttons": buttons})["result"] == "sent"
    (said,) = arrived(world)[0]["messages"]
    assert said["altText"] == "Hi?"
    tagged = run(world, "tag-friend", {"new_tags": "a\0b\ud83d"}, callback="ap-2")
    assert tagged["tags"] == "ab?"


def test_what_only_line_knows_to_be_invalid_is_told_apart(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    odd = {"type": "flex", "altText": "x", "contents": {"type": "bubble", "body": {"type": "x"}}}
    outputs = send(world, {"message_json": json.dumps(odd)})
    assert outputs["result"] == "invalid_message"
    assert only_call(world).result == "invalid_message"


def test_an_id_of_another_provider_is_told_apart(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice, user_id="U" + "f" * 32)
    outputs = send(world, {"text": "Hi"})
    assert outputs["result"] == "wrong_provider"
    assert outputs["hs_execution_state"] == "FAIL_CONTINUE"
    world.work()
    with world.app.app_context():
        assert friend_of(friend_id).status == "unknown"
    assert world.sandbox.contact()["line_friend_status"] == "unknown"


def test_the_results_that_need_no_line(world: World, alice: Tenant) -> None:
    assert send(world, {"text": "Hi"})["result"] == "not_linked"
    linked(world, alice, contact_id=BOB, status="blocked")
    assert send(world, {"text": "Hi"}, contact=BOB, callback="ap-2")["result"] == "blocked"
    assert send(world, {"text": "Hi", "official_account": "9"}, callback="ap-3")["result"] == (
        "failed"
    )


def test_a_friend_who_blocked_meanwhile_gets_nothing(world: World, alice: Tenant) -> None:
    friend_id = befriended(world, alice)
    queued(world, alice, friend_id)
    send(world, {"text": "Hi"})
    with world.app.app_context(), transaction():
        friend_of(friend_id).note_status("blocked", utcnow())
    world.work()
    assert send(world, {"text": "Hi"})["result"] == "blocked"


@pytest.mark.both_databases
def test_a_tap_on_a_button_is_counted_and_shown_in_hubspot(world: World, alice: Tenant) -> None:
    import requests

    friend_id = befriended(world, alice)
    send(world, {"text": "Hi", "buttons": "Shop | https://example.com/shop?a=1"})
    contents = arrived(world)[0]["messages"][0]["contents"]
    url = contents["footer"]["contents"][0]["action"]["uri"]

    def tap(**headers: str) -> requests.Response:
        return requests.get(url, headers=headers, timeout=10, allow_redirects=False)

    tap(**{"Sec-Purpose": "prefetch"})
    tap(**{"User-Agent": "facebookexternalhit/1.1;line-poker/1.0"})
    requests.head(url, timeout=10, allow_redirects=False)
    with world.app.app_context():
        assert friend_of(friend_id).last_clicked_at is None
    for _ in range(2):
        answer = tap()
        assert (answer.status_code, answer.headers["Location"]) == (
            302,
            "https://example.com/shop?a=1",
        )
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
    with world.app.app_context():
        from plugin.models import LinkClick

        assert [one.count for one in db.session.scalars(select(LinkClick))] == [2]
        assert friend_of(friend_id).last_clicked_at is not None
    world.work()
    assert world.sandbox.contact()["line_last_clicked_at"]


def test_no_code_leads_where_we_did_not_say(world: World, alice: Tenant) -> None:
    import requests

    for code in ("x", "A" * 48, "https:%2F%2Fexample.com"):
        answer = requests.get(f"{world.url}/r/{code}", timeout=10, allow_redirects=False)
        assert answer.status_code == 404
    with world.app.app_context():
        assert db.session.scalar(select(Friend.last_clicked_at)) is None
    assert line_user("alice")
