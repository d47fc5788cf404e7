"""Agents read and draft with the official client; nothing that they can do sends a message."""

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest
import requests
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from sqlalchemy import select

from plugin.agents.tools import BY_NAME, TOOLS
from plugin.core.clock import utcnow
from plugin.models import AuditEntry, Broadcast, Delivery, Installation, Recipient, db
from plugin.models.transaction import transaction
from plugin.services.broadcasts.drafts import create_draft
from plugin.services.conversations.record import open_conversation
from plugin.services.message_templates.library import create_template
from plugin.services.segments.library import create_segment
from plugin.services.system.api_keys import create_api_key
from tests.actions.calls import count
from tests.agents.client import ASSISTANT, alone, value, with_agent
from tests.house.project import read
from tests.support.crowd import gather
from tests.support.people import friend_of, linked
from tests.support.world import Tenant, World

MESSAGES = [{"type": "text", "text": "Hello {{ contact.firstname | default('there') }}"}]
MODES = pytest.mark.parametrize("mode", ["auto", "legacy"])


def key_for(world: World, tenant: Tenant, role: str = "agent") -> str:
    with world.app.app_context():
        installation = db.session.get_one(Installation, tenant.installation_id)
        return create_api_key(installation, role, "Mika's key")


@MODES
def test_an_agent_reads_drafts_and_hands_over(world: World, alice: Tenant, mode: str) -> None:
    gather(world, alice, 3)
    key, account = key_for(world, alice), str(alice.account_id)

    async def act(client: Client) -> list[dict[str, Any]]:
        accounts = value(await client.call_tool("list_official_accounts", {}))
        assert [each["id"] for each in accounts["results"]] == [account]
        rule = {"field": "linkage.linked", "op": "is", "value": True}
        tried = {"official_account": account, "rule": rule}
        assert value(await client.call_tool("preview_segment", tried))["count"] == 3
        segment = value(await client.call_tool("draft_segment", {**tried, "name": "Linked"}))
        letter = {"official_account": account, "name": "Spring", "messages": MESSAGES}
        template = value(await client.call_tool("draft_template", letter))
        letter["segment"] = segment["id"]
        broadcast = value(await client.call_tool("draft_broadcast", letter))
        check = value(await client.call_tool("check_broadcast", {"broadcast_id": broadcast["id"]}))
        assert (check["reach"], check["problems"]) == (3, {})
        return [segment, template, broadcast]

    drafts = with_agent(world, key, act, mode)
    for draft in drafts:
        page = alice.walker.go(draft["open"])
        assert (page.status, page.url.partition("?")[0]) == (200, draft["open"].partition("?")[0])
    assert "Hello" in alice.walker.go(drafts[1]["open"]).html
    with world.app.app_context():
        assert db.session.scalars(select(Broadcast.state)).all() == ["draft"]
        assert count(Delivery) == 0
        entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        made = [(e.via, e.agent, e.actor, e.deed) for e in entries]
    assert made == [
        ("agent", ASSISTANT.title, "API key Mika's key", name)
        for name in (
            "list_official_accounts", "preview_segment", "draft_segment", "draft_template",
            "draft_broadcast", "check_broadcast",
        )
    ]  # fmt: skip
    # The person reads who drafted it, presses Send, and it goes out.
    forms = alice.walker.go(drafts[2]["open"]).forms
    assert f"{ASSISTANT.title} (API key Mika's key)" in alice.walker.page.text
    alice.walker.submit([form.action.endswith("/start") for form in forms].index(True))
    world.work()
    with world.app.app_context():
        assert db.session.scalars(select(Broadcast.state)).all() == ["finished"]
        assert db.session.scalars(select(Recipient.state)).all() == ["sent"] * 3


def test_no_tool_sends(world: World, alice: Tenant) -> None:
    posts = {tool.name: tool.operation[1] for tool in TOOLS if tool.operation[0] != "get"}
    assert posts == {
        "preview_segment": "/segments/preview",
        "draft_segment": "/segments",
        "draft_template": "/template-drafts",
        "draft_template_change": "/templates/{template_id}/draft",
        "draft_broadcast": "/broadcasts",
    }
    key = key_for(world, alice, "admin")

    async def act(client: Client) -> None:
        listed = (await client.list_tools()).tools
        assert {tool.name for tool in listed} == set(BY_NAME)
        for tool in listed:
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint == (not BY_NAME[tool.name].drafts)
        for name in ("start_broadcast", "send_message", "POST /broadcasts/1/start"):
            assert (await client.call_tool(name, {})).is_error

    with_agent(world, key, act)


def test_an_agents_key_changes_nothing_by_the_api(world: World, alice: Tenant) -> None:
    key = key_for(world, alice)
    headers = {"Authorization": f"Bearer {key}", "Musubi-Agent": "x", "musubi.agent": "x"}
    for path in ("/segments", "/broadcasts", "/broadcasts/1/start"):
        answer = requests.post(f"{world.url}/api/v1{path}", json={}, headers=headers, timeout=30)
        assert answer.status_code == 403, path
        assert "/mcp" in answer.json()["detail"]
    assert requests.get(f"{world.url}/api/v1/segments", headers=headers, timeout=30).ok


def test_a_readers_agent_drafts_nothing(world: World, alice: Tenant) -> None:
    key = key_for(world, alice, "reader")

    async def act(client: Client) -> None:
        assert not (await client.call_tool("list_segments", {})).is_error
        body = {"official_account": str(alice.account_id), "messages": MESSAGES}
        refused = await client.call_tool("draft_broadcast", body)
        assert refused.is_error
        assert value(refused)["code"] == "read_only"

    with_agent(world, key, act)


def test_another_tenants_rows_do_not_exist(world: World, alice: Tenant, charlie: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    key = key_for(world, charlie)

    async def act(client: Client) -> None:
        found = value(await client.call_tool("find_friends", {}))
        assert found["results"] == []
        one = await client.call_tool("get_friend", {"friend_id": str(friend_id)})
        assert value(one)["code"] == "not_found"
        body = {"official_account": str(alice.account_id), "messages": MESSAGES}
        assert value(await client.call_tool("draft_broadcast", body))["status"] == 404

    with_agent(world, key, act)


@pytest.mark.parametrize(
    ("tool", "arguments", "status"),
    [
        ("get_friend", {}, 422),
        ("get_friend", {"friend_id": ""}, 422),
        ("get_friend", {"friend_id": None}, 422),
        ("get_friend", {"friend_id": ["1"]}, 422),
        ("get_friend", {"friend_id": "/"}, 404),
        ("get_friend", {"friend_id": "/1"}, 404),
        ("get_friend", {"friend_id": ".."}, 404),
        ("get_friend", {"friend_id": "../segments"}, 404),
        ("find_friends", {"q": ["a"]}, 422),
        ("find_friends", {"q": {"a": 1}}, 422),
        ("draft_template_change", {"messages": []}, 422),
        ("draft_template_change", {"template_id": {}, "messages": []}, 422),
        ("get_friend", {"friend_id": "1/../../jobs"}, 404),
        ("find_friends", {"stutas": "following"}, 422),
        ("find_friends", {"q": None}, 200),
        ("find_friends", {"linked": True}, 200),
        ("draft_broadcast", {"official_account": "1", "messages": "Hello"}, 422),
        ("preview_segment", {"rule": {"field": "nothing"}}, 422),
    ],
)
def test_odd_arguments_are_refused_in_words(
    world: World, alice: Tenant, tool: str, arguments: dict[str, Any], status: int
) -> None:
    async def act(client: Client) -> None:
        result = await client.call_tool(tool, arguments)
        said = value(result)
        assert said.get("status", 200) == status, said
        assert result.is_error == (status != 200)
        assert status == 200 or said["detail"]

    with_agent(world, key_for(world, alice), act)


def test_strangers_and_pages_of_other_sites_stay_outside(world: World, alice: Tenant) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    good = {"Authorization": f"Bearer {key_for(world, alice)}", "Accept": "application/json"}

    def status(method: str = "POST", data: Any = None, **headers: str) -> int:
        data = json.dumps(body) if data is None else data
        sent = {"Content-Type": "application/json", **headers}
        url = f"{world.url}/mcp"
        return requests.request(method, url, data=data, headers=sent, timeout=30).status_code

    assert status() == 401
    assert status(Authorization="Bearer musubi_wrong") == 401
    assert status(Authorization="Basic YTpi") == 401
    assert status(**good) == 200
    assert status(**good, Origin="https://evil.example.com") == 403
    assert status(**good, Origin=world.url) == 200
    assert [status(method, **good) for method in ("GET", "DELETE")] == [405, 405]
    for odd in (b"", b"{", b"[]", b"null", b'{"method": 1}', b"\xff\xfe", b"[" * 100_000):
        assert 400 <= status(data=odd, **good) < 500, odd[:10]
    assert status("PUT", **good) == 405
    large = requests.post(f"{world.url}/mcp", data=b"x" * 400_000, headers=good, timeout=30)
    assert (large.status_code, large.json()["jsonrpc"]) == (413, "2.0")
    assert "288 KB" in large.json()["error"]["message"]
    with world.app.app_context():
        assert count(AuditEntry) == 0


def test_an_agent_of_this_machine_speaks_over_pipes(world: World, alice: Tenant) -> None:
    app = world.app
    settings = app.extensions["musubi"].settings
    url = str(app.config["SQLALCHEMY_DATABASE_URI"])
    env = {
        **os.environ, "DATABASE_URL": url, "BASE_URL": settings.base_url, "SANDBOX": "off",
        "SECRET_KEY": settings.secret_keys[0], "ENCRYPTION_KEYS": settings.encryption_keys[0],
        "HUBSPOT_CLIENT_ID": "x", "HUBSPOT_CLIENT_SECRET": "x", "HUBSPOT_APP_ID": "1",
    }  # fmt: skip
    command = [sys.executable, "-m", "flask", "--app", "app", "mcp"]
    refused = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "MUSUBI_API_KEY" in refused.stderr
    env["MUSUBI_API_KEY"] = key_for(world, alice)
    server = StdioServerParameters(command=command[0], args=command[1:], env=env)

    async def run() -> None:
        async with Client(stdio_client(server), client_info=ASSISTANT, mode="legacy") as client:
            body = {"official_account": str(alice.account_id), "name": "Linked",
                    "rule": {"field": "linkage.linked", "op": "is", "value": True}}  # fmt: skip
            assert value(await client.call_tool("draft_segment", body))["name"] == "Linked"

    alone(run)
    with app.app_context():
        entry = db.session.scalars(select(AuditEntry)).one()
        assert (entry.via, entry.agent, entry.deed) == ("agent", ASSISTANT.title, "draft_segment")


def test_every_tool_is_in_the_documentation() -> None:
    text = read("docs/agents.md")
    assert set(re.findall(r"`([a-z]+_[a-z_]+)`", text)) == set(BY_NAME)


def test_every_reading_tool_answers(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    with world.app.app_context():
        account = world.account(alice)
        template = create_template(account, "Hello", MESSAGES)
        segment = create_segment(account, "All", {"all": []})
        ids = {
            "account_id": str(account.id), "friend_id": str(friend_id),
            "segment_id": str(segment.id), "template_id": str(template.id),
            "broadcast_id": str(create_draft(account, "Draft").id),
        }  # fmt: skip
        with transaction():
            talk = open_conversation(friend_of(friend_id), utcnow())
        ids["conversation_id"] = str(talk.id)

    async def act(client: Client) -> None:
        for tool in (await client.list_tools()).tools:
            if BY_NAME[tool.name].operation[0] == "get":
                wanted = tool.input_schema.get("required", [])
                result = await client.call_tool(tool.name, {name: ids[name] for name in wanted})
                assert not result.is_error, (tool.name, result.content)
        change = {"template_id": ids["template_id"], "messages": [{"type": "text", "text": "New"}]}
        draft = value(await client.call_tool("draft_template_change", change))
        assert "New" in alice.walker.go(draft["open"]).html
        now = value(await client.call_tool("get_template", {"template_id": ids["template_id"]}))
        assert now["messages"] == MESSAGES

    with_agent(world, key_for(world, alice), act)
