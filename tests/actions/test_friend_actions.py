"""Check, tag, switch the menu: what these actions do and answer."""

import json
from typing import Any

import pytest
import requests
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models import ActionCall, Installation, Job, db
from plugin.models.transaction import transaction
from plugin.services.connections.connection import switch_mode
from plugin.services.segments.library import archive_segment, create_segment
from tests.actions.calls import befriended, options, run
from tests.support.people import carry, friend_of, line_user, linked
from tests.support.world import ALICE, Tenant, World

MENU = {
    "size": {"width": 2500, "height": 843},
    "selected": True,
    "name": "For members",
    "chatBarText": "Menu",
    "areas": [],
}


def test_a_linked_friend_is_described(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    world.work()
    outputs = run(world, "check-friend", {})
    assert outputs["hs_execution_state"] == "SUCCESS"
    assert (outputs["result"], outputs["linked"], outputs["status"]) == (
        "checked",
        "yes",
        "following",
    )
    assert outputs["official_account"] == "Sandbox Shop"
    assert outputs["official_account_id"] == str(alice.account_id)
    assert outputs["line_user_id"] == line_user("charlie")


@pytest.mark.parametrize("status", ["blocked", "unknown"])
def test_each_status_can_be_branched_by(world: World, alice: Tenant, status: str) -> None:
    linked(world, alice, status=status)
    assert run(world, "check-friend", {})["status"] == status


def test_who_is_not_linked_is_no_failure(world: World, alice: Tenant) -> None:
    outputs = run(world, "check-friend", {"official_account": str(alice.account_id)})
    assert (outputs["result"], outputs["linked"], outputs["status"]) == (
        "checked",
        "no",
        "not_linked",
    )
    assert outputs["hs_execution_state"] == "SUCCESS"


def test_the_account_that_knows_the_contact_is_found(world: World, alice: Tenant) -> None:
    first = alice.account_id
    second = world.connect(alice, 1)
    linked(world, second)
    assert second.account_id != first
    outputs = run(world, "check-friend", {})
    assert outputs["official_account_id"] == str(second.account_id)
    elsewhere = run(world, "check-friend", {"official_account": str(first)}, callback="ap-2")
    assert elsewhere["linked"] == "no"


def test_an_account_that_is_gone_is_said(world: World, alice: Tenant, charlie: Tenant) -> None:
    outputs = run(world, "check-friend", {"official_account": str(charlie.account_id)})
    assert (outputs["result"], outputs["hs_execution_state"]) == ("failed", "FAIL_CONTINUE")
    assert outputs["error"]


def tag(world: World, callback: str, **inputs: str) -> dict[str, str]:
    return run(world, "tag-friend", inputs, callback=callback)


@pytest.mark.both_databases
def test_tags_are_given_taken_shown_in_hubspot_and_offered(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    assert tag(world, "1", new_tags="vip, 東京 、 early  bird")["tags"] == "vip; 東京; early bird"
    assert tag(world, "2", tag="vip")["tags"] == "vip; 東京; early bird"
    assert tag(world, "3", operation="remove", tag="vip", new_tags="never")["result"] == "tagged"
    with world.app.app_context():
        assert friend_of(friend_id).tags == ["東京", "early bird"]
    world.work()
    assert world.sandbox.contact()["line_tags"] == "東京; early bird"
    found = [one["value"] for one in options(world, "tag-friend", "tag")["options"]]
    assert found == ["early bird", "vip", "東京"]
    assert [one["value"] for one in options(world, "tag-friend", "tag", q="VI")["options"]] == [
        "vip"
    ]


@pytest.mark.parametrize(
    ("inputs", "result"),
    [
        ({}, "invalid_tag"),
        ({"new_tags": " , "}, "invalid_tag"),
        ({"new_tags": "x" * 51}, "invalid_tag"),
        ({"new_tags": "{{ contact.city }}"}, "invalid_tag"),
        ({"new_tags": ",".join(map(str, range(101)))}, "invalid_tag"),
        ({"new_tags": "vip", "official_account": "999"}, "failed"),
    ],
)
def test_tags_that_cannot_be_given(
    world: World, alice: Tenant, inputs: dict[str, str], result: str
) -> None:
    friend_id, _ = linked(world, alice)
    outputs = run(world, "tag-friend", inputs)
    assert (outputs["result"], outputs["hs_execution_state"]) == (result, "FAIL_CONTINUE")
    assert outputs["error"]
    with world.app.app_context():
        assert friend_of(friend_id).tags == []


def test_nobody_can_be_tagged_without_a_link(world: World, alice: Tenant) -> None:
    assert tag(world, "1", new_tags="vip")["result"] == "not_linked"


def line_api(world: World, tenant: Tenant, method: str, path: str, body: Any = None) -> Any:
    """Ask the sandbox's LINE with the account's own credentials."""
    with world.app.app_context():
        account = world.account(tenant)
        form = {
            "grant_type": "client_credentials",
            "client_id": account.channel_id,
            "client_secret": account.channel_secret,
        }
    base = f"{world.sandbox.url}/line-api"
    token = requests.post(f"{base}/oauth2/v3/token", data=form, timeout=10).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.request(method, f"{base}{path}", json=body, headers=headers, timeout=10)
    return answer.json() | {"status": answer.status_code}


def make_menu(world: World, tenant: Tenant) -> str:
    made: str = line_api(world, tenant, "POST", "/v2/bot/richmenu", MENU)["richMenuId"]
    return made


def shown(world: World, tenant: Tenant) -> str | None:
    path = f"/v2/bot/user/{line_user('charlie')}/richmenu"
    found: str | None = line_api(world, tenant, "GET", path).get("richMenuId")
    return found


def test_a_menu_is_chosen_switched_and_switched_back(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    menu = make_menu(world, alice)
    choices = {
        one["label"]: one["value"]
        for one in options(world, "switch-rich-menu", "rich_menu")["options"]
    }
    assert choices["For members"] == f"{alice.account_id}:{menu}"
    outputs = run(world, "switch-rich-menu", {"rich_menu": choices["For members"]})
    assert outputs == {"result": "switched", "error": "", "hs_execution_state": "SUCCESS"}
    assert shown(world, alice) == menu
    default = choices["The account's default menu"]
    assert run(world, "switch-rich-menu", {"rich_menu": default}, callback="2")["result"] == (
        "switched"
    )
    assert shown(world, alice) is None


@pytest.mark.both_databases
def test_behind_others_a_switch_waits_its_turn(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    menu = {"rich_menu": f"{alice.account_id}:{make_menu(world, alice)}"}
    world.sandbox.fail("/v2/bot/user/.*/richmenu/", {"status": 500}, times=1)
    assert run(world, "switch-rich-menu", menu)["hs_execution_state"] == "BLOCK"
    assert run(world, "switch-rich-menu", menu, callback="2")["hs_execution_state"] == "BLOCK"
    world.work(ahead=60)
    for callback in ("ap-1-2-3-0", "2"):
        assert run(world, "switch-rich-menu", menu, callback=callback)["result"] == "switched"


@pytest.mark.parametrize(
    ("menu", "result"),
    [
        ("", "menu_not_found"),
        ("nonsense", "menu_not_found"),
        ("999:richmenu-1", "failed"),
        ("{account}:richmenu-gone", "menu_not_found"),
    ],
)
def test_a_menu_that_cannot_be_shown(world: World, alice: Tenant, menu: str, result: str) -> None:
    befriended(world, alice)
    inputs = {"rich_menu": menu.format(account=alice.account_id)}
    outputs = run(world, "switch-rich-menu", inputs)
    assert (outputs["result"], outputs["hs_execution_state"]) == (result, "FAIL_CONTINUE")
    assert outputs["error"]


def test_nobody_gets_a_menu_without_a_link(world: World, alice: Tenant) -> None:
    inputs = {"rich_menu": f"{alice.account_id}:default"}
    assert run(world, "switch-rich-menu", inputs)["result"] == "not_linked"


@pytest.mark.both_databases
def test_a_switch_that_came_too_late_is_expired(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    world.sandbox.fail("/v2/bot/user/.*/richmenu", {"status": 500})
    inputs = {"rich_menu": f"{alice.account_id}:default"}
    assert run(world, "switch-rich-menu", inputs)["hs_execution_state"] == "BLOCK"
    with world.app.app_context(), transaction() as session:
        session.scalars(select(ActionCall)).one().expires_at = utcnow()
    world.work(ahead=60)
    assert run(world, "switch-rich-menu", inputs)["result"] == "expired"
    with world.app.app_context():
        assert "switch_rich_menu" not in set(db.session.scalars(select(Job.kind)))


def test_while_hubspot_is_paused_no_menu_is_switched(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    inputs = {"rich_menu": f"{alice.account_id}:{make_menu(world, alice)}"}
    world.sandbox.fail("/v2/bot/user/.*/richmenu", {"status": 500}, times=1)
    assert run(world, "switch-rich-menu", inputs)["hs_execution_state"] == "BLOCK"
    with world.app.app_context():
        installation = db.session.get_one(Installation, alice.installation_id)
        switch_mode(installation, "pause")
        world.work(ahead=60)
        assert shown(world, alice) is None
        switch_mode(installation, "resume")
    world.work(ahead=120)
    assert run(world, "switch-rich-menu", inputs)["result"] == "switched"


def test_a_menu_that_is_gone_is_still_shown_to_the_editor(world: World, alice: Tenant) -> None:
    saved = f"{alice.account_id}:richmenu-gone"
    (choice,) = options(world, "switch-rich-menu", "rich_menu", q=saved)["options"]
    assert choice["value"] == saved
    world.sandbox.fail("/v2/bot/richmenu/list", {"status": 500})
    names = [one["label"] for one in options(world, "switch-rich-menu", "rich_menu")["options"]]
    assert names == ["The account's default menu"]


def test_the_editor_waits_two_seconds_for_line_and_no_more(world: World, alice: Tenant) -> None:
    world.sandbox.fail("/v2/bot/richmenu/list", {"delay": 4}, times=1)
    page = options(world, "switch-rich-menu", "rich_menu")
    assert len(page["options"]) == 1
    assert "delay" in json.dumps(world.sandbox.control("GET", "/faults"))
    assert ALICE


@pytest.mark.both_databases
def test_a_segment_tells_who_is_in_it_at_that_moment(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    with world.app.app_context():
        rule = {"all": [{"field": "friend.tag", "op": "is", "value": "vip"}]}
        segment = create_segment(world.account(alice), "VIPs", rule).id
    before = run(world, "check-segment", {"segment": str(segment)}, callback="1")
    assert (before["result"], before["segment"]) == ("not_in", "VIPs")
    with world.app.app_context(), transaction():
        carry(friend_of(friend_id), "vip")
    after = run(world, "check-segment", {"segment": str(segment)}, callback="2")
    assert (after["result"], after["hs_execution_state"]) == ("in", "SUCCESS")
    stranger = run(world, "check-segment", {"segment": str(segment)}, callback="3", contact=999)
    assert stranger["result"] == "not_in"


def test_a_segment_whose_rule_cannot_be_used_is_said(world: World, alice: Tenant) -> None:
    linked(world, alice)
    with world.app.app_context():
        inner = create_segment(world.account(alice), "Inner", {"all": []})
        rule = {"all": [{"field": "segment", "op": "is", "value": inner.id}]}
        outer = create_segment(world.account(alice), "Outer", rule).id
        archive_segment(inner)
    outputs = run(world, "check-segment", {"segment": str(outer)})
    assert (outputs["result"], outputs["hs_execution_state"]) == ("failed", "FAIL_CONTINUE")
    assert "This segment is gone." in outputs["error"]
