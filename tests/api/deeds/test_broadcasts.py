"""Broadcasts over the API besides starting them: drafts, copies, tests, approval, unknown ends."""

from typing import Any

import pytest
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models import Broadcast, Member, Recipient, Variant, db
from plugin.models.transaction import transaction
from plugin.services.broadcasts.drafts import create_draft
from tests.actions.calls import befriended
from tests.api.client import Answered, Program, program
from tests.api.test_broadcasts import make, nobody_can_be_listed, segment_of, template_of
from tests.services.broadcasts.test_campaigns import drop_scopes, make_campaign
from tests.support.people import linked
from tests.support.world import BOB, Tenant, World

TEXT = [{"type": "text", "text": "Other words"}]


@pytest.fixture
def caller(world: World, alice: Tenant) -> Program:
    return program(world, alice)


def path_of(made: Answered) -> str:
    assert made.status_code == 201, made.text
    return f"/broadcasts/{made.json['id']}"


@pytest.mark.both_databases
def test_a_draft_is_changed_part_by_part(world: World, alice: Tenant, caller: Program) -> None:
    path = path_of(make(caller, alice, name="Sale"))
    segment, template = segment_of(world, alice), template_of(world, alice)
    before = caller.get(path)
    named = caller.ask("PATCH", path, {"name": "Spring", "version": before["version"]})
    assert (named.status_code, named.json["name"]) == (200, "Spring")
    assert named.json["version"] > before["version"]
    refused = caller.ask("PATCH", path, {"name": "Mine", "version": before["version"]})
    assert (refused.status_code, refused.json["code"]) == (409, "changed")
    changed = caller.ask("PATCH", path, {"segment": segment, "template": template}).json
    assert (changed["audience"], changed["segment"], changed["name"]) == (
        "segment", segment, "Spring",
    )  # fmt: skip
    variants = caller.results(f"{path}/variants")
    assert [(row["number"], row["template"]) for row in variants] == [(0, template)]
    split = [{"template": template}, {"messages": TEXT}]
    caller.ask("PATCH", path, {"variants": split, "split_percent": 50})
    assert [row["messages"] for row in caller.results(f"{path}/variants")][1] == TEXT
    assert caller.ask("PATCH", path, {"audience": "all"}).json["segment"] is None
    assert caller.ask("PATCH", path, {"ids": ["U" + "a" * 32]}).json["audience"] == "upload"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"segment": "1", "ids": ["x"]}, "ids"),
        ({"audience": "segment"}, "audience"),
        ({"audience": "all", "segment": "1"}, "audience"),
        ({"messages": TEXT, "template": "1"}, "messages"),
        ({"messages": []}, "messages"),
        ({"segment": "999"}, "segment"),
        ({"template": "999"}, "template"),
        ({"schedule_at": "2020-01-01T00:00:00Z"}, "schedule_at"),
        ({"name": ""}, "name"),
    ],
)
def test_what_no_draft_can_become(
    alice: Tenant, caller: Program, body: dict[str, Any], field: str
) -> None:
    path = path_of(make(caller, alice))
    before = caller.get(path)
    refused = caller.ask("PATCH", path, body)
    assert (refused.status_code, field in refused.json["errors"]) == (422, True), refused.text
    assert caller.get(path) == before


def test_campaigns_are_chosen_where_hubspot_shows_them(
    world: World, alice: Tenant, caller: Program
) -> None:
    campaign = make_campaign(world, "Spring")
    path = path_of(make(caller, alice))
    assert [row["id"] for row in caller.results("/campaigns?q=spr")] == [campaign]
    assert caller.ask("PATCH", path, {"campaign": campaign}).status_code == 200
    with world.app.app_context():
        assert db.session.scalars(db.select(Broadcast)).one().campaign["name"] == "Spring"
    assert "campaign" in caller.ask("PATCH", path, {"campaign": "none"}).json["errors"]
    assert caller.ask("PATCH", path, {"campaign": None}).status_code == 200
    drop_scopes(world, alice)
    for refused in (
        caller.ask("GET", "/campaigns"),
        caller.ask("PATCH", path, {"campaign": campaign}),
    ):
        assert (refused.status_code, refused.json["code"]) == (403, "no_scope")


def test_a_started_broadcast_is_no_draft(alice: Tenant, world: World, caller: Program) -> None:
    linked(world, alice)
    path = path_of(make(caller, alice, schedule_at="2999-01-01T00:00:00Z"))
    assert caller.ask("POST", f"{path}/start").json["state"] == "scheduled"
    for method, deed, body in (("PATCH", "", {"name": "x"}), ("POST", "/decline", None)):
        refused = caller.ask(method, f"{path}{deed}", body)
        assert (refused.status_code, refused.json["code"]) == (409, "wrong_state"), deed


def test_a_copy_and_a_test(world: World, alice: Tenant, caller: Program) -> None:
    befriended(world, alice)
    friend = caller.results("/friends")[0]["id"]
    path = path_of(make(caller, alice, name="Sale"))
    copy = caller.ask("POST", f"{path}/duplicate")
    assert (copy.status_code, copy.json["name"], copy.json["state"]) == (
        201, "Copy of Sale", "draft",
    )  # fmt: skip
    sent = caller.ask("POST", f"{path}/test", {"friend": friend})
    assert (sent.status_code, sent.json["result"]) == (201, "sent"), sent.text
    refused = caller.ask("POST", f"{path}/test", {"friend": friend, "variant": 1})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["variant"])


def test_who_started_it_does_not_approve_it(world: World, alice: Tenant, caller: Program) -> None:
    befriended(world, alice)
    rules = f"/sending-rules/{alice.account_id}"
    assert caller.ask("PUT", rules, {"approval_above": 0}).status_code == 200
    path = path_of(make(caller, alice))
    assert caller.ask("POST", f"{path}/start").json["approval"] == "asked"
    world.work()
    seen = caller.get(path)
    waiting = seen["waiting"]
    assert (waiting, seen["template_versions"]) == (1, [0])
    read = {"number": waiting, "version": seen["version"], "template_versions": [0]}
    with world.app.app_context():
        # Two members: then nobody approves what they have started.
        second_member(alice)
    refused = caller.ask("POST", f"{path}/approve", read)
    assert (refused.status_code, refused.json["code"]) == (403, "own_broadcast")
    other = program(world, alice)
    wrong = other.ask("POST", f"{path}/approve", {**read, "number": waiting + 1})
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["number"])
    for name, value in (("version", seen["version"] + 1), ("template_versions", [1])):
        changed = other.ask("POST", f"{path}/approve", {**read, name: value})
        assert (changed.status_code, changed.json["code"]) == (409, "changed"), name
    approved = other.ask("POST", f"{path}/approve", read)
    assert (approved.status_code, approved.json["approval"]) == (200, "approved")
    world.work()
    assert caller.get(path)["sent"] == 1
    # A repeat finds it done, whoever sends it and however far it is.
    assert other.ask("POST", f"{path}/approve", read).json["approval"] == "approved"


def test_an_approval_means_the_words_that_were_read(
    world: World, alice: Tenant, caller: Program
) -> None:
    befriended(world, alice)
    rules = f"/sending-rules/{alice.account_id}"
    caller.ask("PUT", rules, {"approval_above": 0})
    words = [{"type": "text", "text": "Hello"}]
    account = str(alice.account_id)
    body = {"official_account": account, "name": "Sale", "messages": words}
    template = caller.ask("POST", "/templates", body).json["id"]
    path = path_of(make(caller, alice))
    unasked = {"number": 0, "version": 1, "template_versions": [0]}
    refused = caller.ask("POST", f"{path}/approve", unasked)
    assert (refused.status_code, refused.json["code"]) == (409, "wrong_state")
    caller.ask("PATCH", path, {"template": template})
    caller.ask("POST", f"{path}/start")
    world.work()
    seen = caller.get(path)
    read = {"number": 1, "version": seen["version"], "template_versions": [1]}
    assert seen["template_versions"] == [1]
    caller.ask("PUT", f"/templates/{template}", {"messages": [{"type": "text", "text": "Bye"}]})
    assert caller.ask("POST", f"{path}/newest").status_code == 200
    other = program(world, alice)
    changed = other.ask("POST", f"{path}/approve", read)
    assert (changed.status_code, changed.json["code"]) == (409, "changed")
    approved = other.ask("POST", f"{path}/approve", {**read, "template_versions": [2]})
    assert (approved.status_code, approved.json["template_versions"]) == (200, [])


def test_a_change_of_the_messages_keeps_how_links_are_tracked(
    world: World, alice: Tenant, caller: Program
) -> None:
    path = path_of(make(caller, alice, tracks_links=False))
    words = [{"type": "text", "text": "Other words"}]
    tracked: list[bool] = []
    for body in ({"messages": words}, {"messages": words, "tracks_links": True}, {"name": "x"}):
        assert caller.ask("PATCH", path, body).status_code == 200
        with world.app.app_context():
            tracked += db.session.scalars(select(Variant.tracks_links)).all()
    assert tracked == [False, True, True]
    refused = caller.ask("PATCH", path, {"tracks_links": False})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["tracks_links"])


def second_member(alice: Tenant) -> None:
    other = Member(installation_id=alice.installation_id, hubspot_user_id=77, email="b@example.com")
    other.signed_in_at = utcnow()
    with transaction() as session:
        session.add(other)


def test_a_declined_broadcast_is_a_draft_again(
    world: World, alice: Tenant, caller: Program
) -> None:
    befriended(world, alice)
    caller.ask("PUT", f"/sending-rules/{alice.account_id}", {"approval_above": 0})
    path = path_of(make(caller, alice))
    caller.ask("POST", f"{path}/start")
    declined = caller.ask("POST", f"{path}/decline").json
    assert (declined["state"], declined["approval"]) == ("draft", "declined")


@pytest.mark.both_databases
def test_unknown_ends_are_settled_by_who_knows(
    world: World, alice: Tenant, caller: Program
) -> None:
    friends = [linked(world, alice)[0], linked(world, alice, BOB, "U" + "b" * 32)[0]]
    with world.app.app_context():
        broadcast = create_draft(world.account(alice), "Lost")
        with transaction() as session:
            held = Broadcast.held(broadcast.id)
            assert held is not None
            held.state, held.total = "paused", 2
            for friend_id in friends:
                session.add(
                    Recipient(
                        broadcast_id=broadcast.id, friend_id=friend_id, state="unknown", variant=0
                    )
                )
        ids = [str(row.id) for row in db.session.scalars(db.select(Recipient))]
        path = f"/broadcasts/{broadcast.id}"
    body = {"outcome": "sent", "recipients": ids[:1]}
    assert caller.ask("POST", f"{path}/settle", body).json == {"settled": 1}
    assert caller.ask("POST", f"{path}/settle", {"outcome": "not_sent"}).json == {"settled": 1}
    states = [row["state"] for row in caller.results(f"{path}/recipients")]
    assert sorted(states) == ["failed", "sent"]
    assert caller.ask("POST", f"{path}/settle", {"outcome": "maybe"}).status_code == 422


def test_the_silent_ones_get_another_draft(world: World, alice: Tenant, caller: Program) -> None:
    befriended(world, alice)
    path = path_of(make(caller, alice, name="Sale"))
    nobody = caller.ask("POST", f"{path}/again")
    assert (nobody.status_code, nobody.json["code"]) == (409, "nobody_left")
    caller.ask("POST", f"{path}/start")
    world.work()
    with nobody_can_be_listed(world):
        assert caller.ask("POST", f"{path}/again").status_code >= 500
    assert [row["name"] for row in caller.results("/broadcasts")] == ["Sale"]
    again = caller.ask("POST", f"{path}/again")
    assert (again.status_code, again.json["name"]) == (201, "Sale, once more")
    assert again.json["audience"] == "upload"


def test_a_winner_is_chosen_among_the_variants(
    world: World, alice: Tenant, caller: Program
) -> None:
    befriended(world, alice)
    split = [{"messages": TEXT}, {"messages": TEXT}]
    path = path_of(make(caller, alice, messages="absent", variants=split, split_percent=1))
    refused = caller.ask("POST", f"{path}/winner", {"variant": 2})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["variant"])
    early = caller.ask("POST", f"{path}/winner", {"variant": 1})
    assert (early.status_code, early.json["code"]) == (409, "wrong_state")
    caller.ask("POST", f"{path}/start")
    chosen = caller.ask("POST", f"{path}/winner", {"variant": 1})
    assert chosen.status_code == 200, chosen.text
    with world.app.app_context():
        row = db.session.get_one(Broadcast, int(chosen.json["id"]))
        assert (row.winner, row.winner_by) == (1, f"API key {caller.key[:12]}")


def test_a_newer_version_of_a_template_is_taken(
    world: World, alice: Tenant, caller: Program
) -> None:
    befriended(world, alice)
    template = template_of(world, alice)
    more = {"messages": "absent", "template": template, "schedule_at": "2999-01-01T00:00:00Z"}
    path = path_of(make(caller, alice, **more))
    early = caller.ask("POST", f"{path}/newest")
    assert (early.status_code, early.json["code"]) == (409, "wrong_state")
    caller.ask("PUT", f"/sending-rules/{alice.account_id}", {"approval_above": 0})
    caller.ask("POST", f"{path}/start")
    world.work()
    caller.ask("PUT", f"/templates/{template}", {"messages": TEXT})
    assert caller.results(f"{path}/variants")[0]["template_version"] == 1
    taken = caller.ask("POST", f"{path}/newest")
    assert taken.status_code == 200, taken.text
    assert caller.results(f"{path}/variants")[0]["template_version"] == 2
