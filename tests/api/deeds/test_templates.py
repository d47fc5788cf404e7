"""Templates over the API besides writing them: drafts, versions, copies, tests."""

from typing import Any

import pytest
from sqlalchemy import select

from plugin.models import Member, Template, TemplateDraft, db
from plugin.services.message_templates.kept_drafts import DraftEnded, SeenDraft, discard
from plugin.services.message_templates.publish import Written, publish
from tests.actions.calls import befriended
from tests.api.client import Program, program
from tests.support.world import Tenant, World
from tests.web.message_templates.coupons import make_coupon

TEXT = [{"type": "text", "text": "Hello"}]
NEW: list[dict[str, Any]] = [
    {"type": "text", "text": "Good day {{ contact.firstname | default('there') }}"},
    {
        "type": "template",
        "altText": "Choose",
        "template": {
            "type": "confirm",
            "text": "Coming?",
            "actions": [
                {"type": "message", "label": "Yes", "text": "Yes"},
                {"type": "message", "label": "No", "text": "No"},
            ],
        },
    },
]


@pytest.fixture
def caller(world: World, alice: Tenant) -> Program:
    return program(world, alice)


@pytest.fixture
def path(alice: Tenant, caller: Program) -> str:
    """A template with one version."""
    body = {"official_account": str(alice.account_id), "name": "Welcome", "messages": TEXT}
    return f"/templates/{caller.ask('POST', '/templates', body).json['id']}"


def draft(caller: Program, path: str, messages: Any = NEW, **more: Any) -> Any:
    return caller.ask("PUT", f"{path}/draft", {"messages": messages, **more})


@pytest.mark.both_databases
def test_a_draft_is_written_undone_redone_and_published(caller: Program, path: str) -> None:
    assert caller.ask("GET", f"{path}/draft").status_code == 404
    first = draft(caller, path, name="Greeting").json
    assert (first["messages"], first["name"], first["step"]) == (NEW, "Greeting", 1)
    assert caller.get(path)["messages"] == TEXT
    undone = caller.ask("POST", f"{path}/draft/undo").json
    assert (undone["messages"], undone["name"], undone["can_redo"]) == (TEXT, "Welcome", True)
    assert caller.ask("POST", f"{path}/draft/redo", {"step": 0}).json["messages"] == NEW
    published = caller.ask("POST", f"{path}/draft/publish").json
    assert (published["messages"], published["name"], published["version"]) == (NEW, "Greeting", 2)
    assert caller.ask("GET", f"{path}/draft").status_code == 404


def test_a_draft_that_changed_meanwhile_is_not_overwritten(caller: Program, path: str) -> None:
    draft(caller, path)
    for method, deed, body in (
        ("PUT", "", {"messages": TEXT, "step": 0}),
        ("POST", "/undo", {"step": 0}),
        ("POST", "/publish", {"step": 0}),
    ):
        refused = caller.ask(method, f"{path}/draft{deed}", body)
        assert (refused.status_code, refused.json["code"]) == (409, "changed"), deed
    assert caller.get(f"{path}/draft")["messages"] == NEW
    assert caller.ask("DELETE", f"{path}/draft").status_code == 204
    assert caller.get(path)["messages"] == TEXT


@pytest.mark.both_databases
def test_a_draft_that_was_discarded_meanwhile_is_not_published(
    world: World, caller: Program, path: str
) -> None:
    draft(caller, path)
    with world.app.app_context():
        template = db.session.scalars(select(Template)).one()
        read = db.session.scalars(select(TemplateDraft)).one()
        seen = SeenDraft(read.id, read.step)
        written = Written("Welcome", NEW, True, read.content, seen)
        discard(read, seen)
        with pytest.raises(DraftEnded):
            publish(template, written, "Nightly", draft_alone=True)
    assert caller.get(path)["messages"] == TEXT
    assert caller.ask("POST", f"{path}/draft/publish").status_code == 404


@pytest.mark.both_databases
def test_a_draft_replaces_no_version_that_nobody_looked_at(caller: Program, path: str) -> None:
    assert draft(caller, path).json["base_version"] == 1
    other = [{"type": "text", "text": "Published by somebody else"}]
    caller.ask("PUT", path, {"messages": other})
    for body in ({}, {"version": 1}, {"version": 3}):
        refused = caller.ask("POST", f"{path}/draft/publish", body)
        assert (refused.status_code, list(refused.json["errors"])) == (409, ["version"]), body
        assert "Version 2 was published" in refused.json["detail"]
    assert caller.get(path)["messages"] == other
    assert caller.get(f"{path}/draft")["messages"] == NEW
    published = caller.ask("POST", f"{path}/draft/publish", {"version": 2}).json
    assert (published["messages"], published["version"]) == (NEW, 3)


@pytest.mark.parametrize(
    "messages", [[], [{}], [{"type": "text", "text": ""}], [{"type": "flex"}], TEXT * 6]
)
def test_what_is_no_draft(caller: Program, path: str, messages: Any) -> None:
    refused = draft(caller, path, messages)
    assert (refused.status_code, "messages" in refused.json["errors"]) == (422, True)


def test_what_line_would_refuse_is_not_published(world: World, caller: Program, path: str) -> None:
    draft(caller, path)
    body = {
        "message": "The request body has 1 error(s)",
        "details": [{"message": "no", "property": "messages[0].text"}],
    }
    world.sandbox.fail("/v2/bot/message/validate/", {"status": 400, "body": body})
    refused = caller.ask("POST", f"{path}/draft/publish")
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["messages"])
    assert caller.get(path)["version"] == 1
    assert caller.get(f"{path}/draft")["messages"] == NEW


@pytest.mark.both_databases
def test_a_former_version_comes_back_as_a_new_one(caller: Program, path: str) -> None:
    caller.ask("PUT", path, {"messages": NEW})
    versions = caller.results(f"{path}/versions")
    assert [(row["number"], row["messages"]) for row in versions] == [(2, NEW), (1, TEXT)]
    restored = caller.ask("POST", f"{path}/versions/1/restore").json
    assert (restored["version"], restored["messages"]) == (3, TEXT)
    for odd in ("9", "0", "x", "99999999999"):
        assert caller.ask("POST", f"{path}/versions/{odd}/restore").status_code == 404


def test_a_copy_has_a_name_of_its_own(caller: Program, path: str) -> None:
    copy = caller.ask("POST", f"{path}/duplicate")
    assert (copy.status_code, copy.json["name"]) == (201, "Copy of Welcome")
    assert copy.json["messages"] == TEXT
    named = caller.ask("POST", f"{path}/duplicate", {"name": "Mine"}).json
    assert named["name"] == "Mine"


def test_a_test_goes_to_one_friend(
    world: World, alice: Tenant, charlie: Tenant, caller: Program, path: str
) -> None:
    befriended(world, alice)
    friend = caller.results("/friends")[0]["id"]
    with world.app.app_context():
        member = str(db.session.scalars(Member.owned(alice.installation_id)).first().id)  # type: ignore[union-attr]
    made = caller.ask("POST", f"{path}/test", {"friend": friend, "member": member})
    assert (made.status_code, made.json["result"]) == (201, "sent")
    assert made.json["messages"] == TEXT
    with world.app.app_context():
        chosen = db.session.get_one(Member, int(member)).test_friends
    assert chosen == {str(alice.account_id): int(friend)}
    assert caller.ask("POST", f"{path}/test", {"friend": friend}).json["result"] == "sent"
    assert caller.ask("POST", f"{path}/test", {"friend": "999"}).status_code == 404


def test_running_coupons_are_listed(world: World, alice: Tenant, caller: Program) -> None:
    coupon = make_coupon(world, alice)
    found = caller.get(f"/coupons?official_account={alice.account_id}")
    assert [(row["id"], row["title"]) for row in found["results"]] == [(coupon, "Tea for two")]
    assert found["results"][0]["ends_at"] > found["results"][0]["starts_at"]
    assert caller.ask("GET", "/coupons").status_code == 422
    assert caller.ask("GET", "/coupons?official_account=999").status_code == 404
