"""Conversations over the API: listed, read, answered, noted, assigned, closed."""

from datetime import timedelta
from typing import Any

import pytest
import requests

from plugin.core.clock import rfc3339, utcnow
from plugin.models import Conversation, db
from plugin.models.transaction import transaction
from plugin.services.inbox.claim import claim
from tests.api.client import PREFIX, Program, program
from tests.services.inbox.talks import conversation_of, member_of, talk, write
from tests.services.inbox.test_content import send
from tests.services.media.files import picture
from tests.support.imports import calls
from tests.support.people import linked
from tests.support.world import Tenant, World


@pytest.fixture
def caller(world: World, alice: Tenant) -> Program:
    return program(world, alice)


@pytest.fixture
def path(world: World, alice: Tenant) -> str:
    """Charlie's talk with the shop, whose last words are a question."""
    return f"/conversations/{talk(world, alice, 'Are you open?')}"


def sent(world: World) -> int:
    made = calls(world.sandbox)
    return sum(made[name] for name in made if name.endswith(("message/push", "message/reply")))


@pytest.mark.both_databases
def test_conversations_are_found_by_what_they_are(
    world: World, alice: Tenant, caller: Program, path: str
) -> None:
    shown = caller.get(path)
    assert (shown["state"], shown["unread"], shown["last_text"]) == ("open", 1, "Are you open?")
    assert (shown["assignee"], shown["closed_because"]) == (None, "")
    assert shown["free_until"] > shown["last_at"]
    with world.app.app_context():
        member = str(member_of(alice).id)
    caller.ask("PATCH", path, {"assignee": member})
    later = rfc3339(utcnow() + timedelta(days=1))
    for words, found in (
        ("", 1), ("state=open", 1), ("state=closed", 0), ("unread=true", 1), ("unread=false", 0),
        (f"assignee={member}", 1), ("assignee=nobody", 0), ("assignee=x", 0), ("q=charlie", 1),
        ("q=nobody", 0), (f"friend={shown['friend']}", 1), ("friend=999", 0),
        (f"official_account={alice.account_id}", 1), ("official_account=999", 0),
        (f"changed_since={shown['created_at']}", 1), (f"changed_since={later}", 0),
    ):  # fmt: skip
        assert len(caller.results(f"/conversations?{words}")) == found, words


def test_an_answer_goes_out_once_for_its_key(world: World, caller: Program, path: str) -> None:
    before = sent(world)
    body = {"text": "Yes, from 10."}
    made = caller.ask("POST", f"{path}/messages", body, Idempotency_Key="one")
    assert made.status_code == 201, made.text
    answer = made.json
    assert (answer["direction"], answer["text"], answer["member"]) == ("out", "Yes, from 10.", None)
    assert answer["by"] == f"API key {caller.key[:12]}"
    assert answer["delivery"]["result"] == "sent"
    assert answer["delivery"]["free"] is True
    assert caller.ask("POST", f"{path}/messages", body, Idempotency_Key="one").json == answer
    assert sent(world) == before + 1
    assert [row["text"] for row in caller.results(f"{path}/messages")] == [
        "Yes, from 10.", "Are you open?",
    ]  # fmt: skip
    assert caller.get(path)["unread"] == 0


def test_an_answer_whose_response_was_lost_is_not_sent_again(
    world: World, caller: Program, path: str
) -> None:
    # The process died after LINE had it: the response under the key was never stored.
    body = {"text": "Yes."}
    first = caller.ask("POST", f"{path}/messages", body, Idempotency_Key="one").json
    with world.app.app_context(), transaction() as session:
        session.execute(db.text("DELETE FROM idempotent_call"))
    before = sent(world)
    again = caller.ask("POST", f"{path}/messages", body, Idempotency_Key="one")
    assert (again.status_code, again.json["id"]) == (201, first["id"])
    assert sent(world) == before


def test_messages_templates_and_tokens_are_answered_too(
    world: World, alice: Tenant, caller: Program, path: str
) -> None:
    hello = [{"type": "text", "text": "Hello {{ contact.firstname | default('there') }}"}]
    body = {"official_account": str(alice.account_id), "name": "Hi", "messages": hello}
    template = caller.ask("POST", "/templates", body).json["id"]
    with world.app.app_context():
        member = member_of(alice)
        named = {"text": "One moment.", "template": template, "member": str(member.id)}
        email = member.email
    made = caller.ask("POST", f"{path}/messages", named).json
    assert (made["by"], len(made["delivery"]["messages"])) == (email, 2)
    assert made["delivery"]["messages"][1]["text"] == "Hello Alice"
    flex = {"type": "sticker", "packageId": "446", "stickerId": "1988"}
    made = caller.ask("POST", f"{path}/messages", {"messages": [flex]}).json
    assert made["delivery"]["messages"] == [flex]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "text"),
        ({"text": " "}, 422, "text"),
        ({"text": "x" * 5001}, 422, "text"),
        ({"text": "{{ contact.firstname"}, 422, "text"),
        ({"messages": [{"type": "nonsense"}]}, 422, "messages"),
        ({"messages": [{}]}, 422, "messages"),
        ({"template": "99"}, 404, "template"),
        ({"media": "99"}, 404, "media"),
        ({"text": "Hi", "member": "99"}, 404, "member"),
    ],
)
def test_what_cannot_be_answered(
    world: World, caller: Program, path: str, body: dict[str, Any], status: int, field: str
) -> None:
    before = sent(world)
    answer = caller.ask("POST", f"{path}/messages", body)
    assert (answer.status_code, list(answer.json["errors"])) == (status, [field]), answer.text
    assert sent(world) == before


def test_a_member_who_is_writing_is_not_talked_over(
    world: World, alice: Tenant, caller: Program, path: str
) -> None:
    with world.app.app_context():
        claim(conversation_of(int(path.rpartition("/")[2])), member_of(alice))
    refused = caller.ask("POST", f"{path}/messages", {"text": "Yes"}, Idempotency_Key="one")
    assert (refused.status_code, refused.json["code"]) == (423, "being_answered")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    taken = caller.ask("POST", f"{path}/messages", {"text": "Yes", "take_over": True})
    assert taken.status_code == 201
    # The answer took the claim away, and the same key may try again.
    again = caller.ask("POST", f"{path}/messages", {"text": "Yes"}, Idempotency_Key="one")
    assert (again.status_code, again.headers.get("Idempotency-Replayed")) == (201, None)


def test_a_repeat_is_answered_while_a_member_writes(
    world: World, alice: Tenant, caller: Program, path: str
) -> None:
    first = caller.ask("POST", f"{path}/messages", {"text": "Yes"}, Idempotency_Key="one").json
    with world.app.app_context():
        with transaction() as session:
            session.execute(db.text("DELETE FROM idempotent_call"))
        claim(conversation_of(int(path.rpartition("/")[2])), member_of(alice))
    again = caller.ask("POST", f"{path}/messages", {"text": "Yes"}, Idempotency_Key="one")
    assert (again.status_code, again.json["id"]) == (201, first["id"])


@pytest.mark.both_databases
def test_words_that_no_database_takes_are_cleaned(caller: Program, path: str) -> None:
    odd, clean = "Yes\0 \ud83d", "Yes ?"
    for where in ("messages", "notes"):
        made = caller.ask("POST", f"{path}/{where}", {"text": odd})
        assert (made.status_code, made.json["text"]) == (201, clean), where
    made = caller.ask("POST", f"{path}/messages", {"messages": [{"type": "text", "text": odd}]})
    assert made.json["delivery"]["messages"] == [{"type": "text", "text": clean}]


def test_what_a_friend_sent_is_fetched(
    world: World, charlie: Tenant, caller: Program, path: str
) -> None:
    send(world, picture())
    message = caller.results(f"{path}/messages")[0]
    assert (message["kind"], message["content_state"]) == ("image", "kept")
    address = f"{path}/messages/{message['id']}/content"
    whole = caller.ask("GET", address)
    assert (whole.status_code, whole.mimetype) == (200, "image/jpeg")
    small = caller.ask("GET", f"{address}?variant=preview")
    assert 0 < len(small.data) <= len(whole.data)
    headers = {"Authorization": f"Bearer {caller.key}", "Range": "bytes=0-9"}
    part = requests.get(f"{world.url}{PREFIX}{address}", headers=headers, timeout=30)
    assert (part.status_code, part.content) == (206, whole.data[:10])
    assert caller.ask("GET", address, Range="bytes=999999999-").status_code == 416
    words = caller.results(f"{path}/messages")[1]
    assert caller.ask("GET", f"{path}/messages/{words['id']}/content").status_code == 404
    assert program(world, charlie).ask("GET", address).status_code == 404


def test_a_note_is_for_the_team_alone(world: World, caller: Program, path: str) -> None:
    before = sent(world)
    made = caller.ask("POST", f"{path}/notes", {"text": "Wants a table"})
    assert (made.status_code, made.json["direction"], made.json["text"]) == (
        201, "note", "Wants a table",
    )  # fmt: skip
    assert made.json["by"].startswith("API key ")
    assert caller.ask("POST", f"{path}/notes", {"text": "\n"}).status_code == 422
    assert sent(world) == before


@pytest.mark.both_databases
def test_a_conversation_is_closed_and_comes_back(world: World, caller: Program, path: str) -> None:
    closed = caller.ask("PATCH", path, {"state": "closed"}).json
    assert (closed["state"], closed["unread"]) == ("closed", 0)
    assert caller.ask("PATCH", path, {"state": "open", "unread": True}).json["unread"] == 1
    assert caller.ask("PATCH", path, {"unread": False}).json["unread"] == 0
    assert caller.ask("PATCH", path, {"assignee": None}).json["assignee"] is None
    assert caller.ask("PATCH", path, {"assignee": "99"}).status_code == 404
    caller.ask("PATCH", path, {"state": "closed"})
    write(world, "And on Sunday?")
    assert caller.get(path)["state"] == "open"


def test_a_friend_without_words_gets_a_conversation(
    world: World, alice: Tenant, caller: Program
) -> None:
    friend_id, _ = linked(world, alice)
    made = caller.ask("POST", "/conversations", {"friend": str(friend_id)})
    assert (made.status_code, made.json["last_direction"]) == (200, "")
    assert caller.ask("POST", "/conversations", {"friend": str(friend_id)}).json == made.json
    assert caller.ask("POST", "/conversations", {"friend": "999"}).status_code == 404
    with world.app.app_context():
        assert db.session.query(Conversation).count() == 1


def test_the_friend_sees_that_somebody_writes(world: World, caller: Program, path: str) -> None:
    before = calls(world.sandbox)
    assert caller.ask("POST", f"{path}/typing").status_code == 204
    made = calls(world.sandbox) - before
    assert sum(made[name] for name in made if name.endswith("chat/loading/start")) == 1


def test_prepared_answers_are_kept_changed_and_deleted(caller: Program) -> None:
    body = {"name": "Hours", "text": "We are open from 10 to 18."}
    made = caller.ask("POST", "/canned-answers", body)
    assert made.status_code == 201
    path = f"/canned-answers/{made.json['id']}"
    assert caller.results("/canned-answers") == [made.json]
    assert made.json["changed_by"].startswith("API key ")
    assert caller.ask("PUT", path, {**body, "name": "Opening"}).json["name"] == "Opening"
    refused = caller.ask("PUT", path, {"name": "x", "text": "{{ nonsense"})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["text"])
    assert caller.ask("DELETE", path).status_code == 204
    assert caller.ask("GET", path).status_code == 404


def test_rules_of_the_inbox_are_set_one_by_one(alice: Tenant, caller: Program) -> None:
    path = f"/inbox-rules/{alice.account_id}"
    assert caller.get(path) == {"kept_days": 365, "notify_after": None, "notify_to": []}
    stored = caller.ask("PUT", path, {"notify_after": 15, "notify_to": ["a@example.com"]}).json
    assert stored == {"kept_days": 365, "notify_after": 15, "notify_to": ["a@example.com"]}
    refused = caller.ask("PUT", path, {"kept_days": 0, "notify_to": ["x"]})
    assert set(refused.json["errors"]) == {"kept_days", "notify_to"}
    assert caller.get(path) == stored


def test_members_are_listed(world: World, alice: Tenant, caller: Program) -> None:
    with world.app.app_context():
        member = member_of(alice)
        assert caller.results("/members")[0]["email"] == member.email
        assert caller.get(f"/members/{member.id}")["id"] == str(member.id)
