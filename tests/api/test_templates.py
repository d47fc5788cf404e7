"""Templates over the API: made, changed by versions, archived; what LINE refuses is not kept."""

from typing import Any

import pytest

from plugin.models import Template, TemplateVersion, db
from tests.api.client import Program, program
from tests.support.world import Tenant, World

TEXT = [{"type": "text", "text": "Hello {{ contact.firstname | default('there') }}"}]


@pytest.fixture
def caller(world: World, alice: Tenant) -> Program:
    return program(world, alice)


def make(caller: Program, tenant: Tenant, **more: Any) -> Any:
    body = {"official_account": str(tenant.account_id), "name": "Welcome", "messages": TEXT}
    return caller.ask("POST", "/templates", {**body, **more})


@pytest.mark.both_databases
def test_a_template_is_made_listed_changed_and_archived(
    world: World, alice: Tenant, caller: Program
) -> None:
    made = make(caller, alice)
    assert made.status_code == 201
    assert made.json["messages"] == TEXT
    assert (made.json["kind"], made.json["version"]) == ("text", 1)
    path = f"/templates/{made.json['id']}"
    assert [one["name"] for one in caller.results("/templates")] == ["Welcome"]
    sticker = [{"type": "sticker", "packageId": "446", "stickerId": "1988"}]
    changed = caller.ask("PUT", path, {"messages": sticker})
    assert (changed.json["kind"], changed.json["version"]) == ("sticker", 2)
    assert caller.get(path)["messages"] == sticker
    same = caller.ask("PUT", path, {"name": "Greeting", "messages": sticker})
    assert (same.json["name"], same.json["version"]) == ("Greeting", 2)
    assert caller.ask("DELETE", path).status_code == 204
    assert caller.ask("GET", path).status_code == 404
    assert caller.results("/templates") == []
    assert [one["name"] for one in caller.results("/templates?archived=true")] == ["Greeting"]
    back = caller.ask("POST", f"{path}/restore")
    assert (back.status_code, back.json["archived_at"]) == (200, None)
    assert caller.get(path)["messages"] == sticker
    assert caller.ask("POST", f"{path}/restore").status_code == 404
    with world.app.app_context():
        assert db.session.query(TemplateVersion).count() == 2


def test_whether_links_are_tracked_belongs_to_the_version(
    world: World, alice: Tenant, caller: Program
) -> None:
    assert make(caller, alice).json["tracks_links"] is True
    made = make(caller, alice, tracks_links=False).json
    path = f"/templates/{made['id']}"
    same = caller.ask("PUT", path, {"messages": TEXT}).json
    assert (same["tracks_links"], same["version"]) == (False, 1)
    changed = caller.ask("PUT", path, {"messages": TEXT, "tracks_links": True}).json
    assert (changed["tracks_links"], changed["version"]) == (True, 2)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{}],
        [{"type": 5}],
        TEXT * 6,
        "text",
        [{"type": "text", "text": ""}],
        [{"type": "text", "text": "{{ firstname }}"}],
        [{"type": "unheard-of"}],
    ],
)
def test_what_line_would_refuse_is_not_kept(
    world: World, alice: Tenant, caller: Program, messages: Any
) -> None:
    answer = make(caller, alice, messages=messages)
    assert answer.status_code == 422, answer.json
    assert any(name.startswith("messages") for name in answer.json["errors"])
    with world.app.app_context():
        assert db.session.query(Template).count() == 0


def test_templates_are_the_tenants_own(
    world: World, alice: Tenant, charlie: Tenant, caller: Program
) -> None:
    made = make(caller, alice).json
    stranger = program(world, charlie)
    assert stranger.results("/templates") == []
    for method, body in (("GET", None), ("PUT", {"messages": TEXT}), ("DELETE", None)):
        assert stranger.ask(method, f"/templates/{made['id']}", body).status_code == 404
    assert caller.ask("DELETE", f"/templates/{made['id']}").status_code == 204
    assert stranger.ask("POST", f"/templates/{made['id']}/restore").status_code == 404
    assert stranger.results("/templates?archived=true") == []
    assert make(stranger, alice).status_code == 404
