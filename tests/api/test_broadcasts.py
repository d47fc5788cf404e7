"""Broadcasts over the API: made, checked, started, paused, cancelled, and their recipients."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from plugin.core.clock import utcnow
from plugin.models import Broadcast, Segment, SegmentVersion, Template, Variant, db
from plugin.models.transaction import outside_transaction, transaction
from plugin.services.message_templates.library import archive_template, create_template
from tests.api.client import Answered, Program, program
from tests.services.personal_links.test_bulk import make_list
from tests.support.people import line_user, linked
from tests.support.world import ALICE, BOB, Tenant, World

HELLO = [{"type": "text", "text": "Hello"}]
TEXT = [{"type": "text", "text": "Hello {{ contact.firstname | default('there') }}"}]


@pytest.fixture
def caller(world: World, alice: Tenant) -> Program:
    return program(world, alice)


def make(caller: Program, tenant: Tenant, **more: Any) -> Answered:
    body: dict[str, Any] = {"official_account": str(tenant.account_id), "messages": TEXT}
    body |= more
    return caller.ask("POST", "/broadcasts", {n: v for n, v in body.items() if v != "absent"})


def template_of(world: World, tenant: Tenant, archived: bool = False) -> str:
    with world.app.app_context():
        template = create_template(world.account(tenant), "Welcome", TEXT)
        if archived:
            archive_template(template)
        return str(template.id)


def segment_of(world: World, tenant: Tenant) -> str:
    with world.app.app_context(), transaction() as session:
        now = utcnow()
        segment = Segment(
            official_account_id=tenant.account_id, name="Linked", created_at=now, changed_at=now
        )
        session.add(segment)
        session.flush()
        rule = {"field": "linkage.linked", "op": "is", "value": True}
        session.add(SegmentVersion(segment_id=segment.id, number=1, rule=rule, created_at=now))
        return str(segment.id)


@contextmanager
def nobody_can_be_listed(world: World) -> Iterator[None]:
    """The database takes no people who are named one by one."""
    names = ("audience_member", "out_of_reach")
    _rename(world, *names)
    try:
        yield
    finally:
        _rename(world, *reversed(names))


def _rename(world: World, old: str, new: str) -> None:
    with world.app.app_context(), outside_transaction() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")


def test_a_fault_leaves_no_half_of_a_draft(world: World, alice: Tenant, caller: Program) -> None:
    made = make(caller, alice, name="Spring sale").json
    path, ids = f"/broadcasts/{made['id']}", [line_user("alice")]
    with nobody_can_be_listed(world):
        assert make(caller, alice, ids=ids).status_code >= 500
        changed = caller.ask("PATCH", path, {"name": "Summer sale", "ids": ids})
        assert changed.status_code >= 500
    assert caller.results("/broadcasts") == [made]


def test_a_draft_is_made_looked_at_and_put_away(
    world: World, alice: Tenant, caller: Program
) -> None:
    made = make(caller, alice, name="Spring sale", silent=True, holdout_percent=10)
    assert made.status_code == 201, made.text
    assert (made.json["state"], made.json["total"], made.json["audience"]) == ("draft", 0, "all")
    path = f"/broadcasts/{made.json['id']}"
    assert caller.get(path) == made.json
    assert [row["name"] for row in caller.results("/broadcasts?state=draft")] == ["Spring sale"]
    assert caller.results("/broadcasts?state=finished") == []
    with world.app.app_context():
        broadcast = db.session.scalars(db.select(Broadcast)).one()
        assert (broadcast.silent, broadcast.holdout_percent) == (True, 10)
    assert caller.ask("DELETE", path).status_code == 204
    assert caller.ask("GET", path).status_code == 404


def test_the_check_counts_and_names_what_stands_in_the_way(
    world: World, alice: Tenant, caller: Program
) -> None:
    linked(world, alice)
    template_id = template_of(world, alice)
    made = make(caller, alice, messages="absent", template=template_id).json
    found = caller.get(f"/broadcasts/{made['id']}/check")
    assert (found["chosen"], found["reach"], found["problems"]) == (1, 1, {})
    with world.app.app_context():
        archive_template(db.session.get_one(Template, int(template_id)))
    found = caller.get(f"/broadcasts/{made['id']}/check")
    assert list(found["problems"]) == ["messages"]
    refused = caller.ask("POST", f"/broadcasts/{made['id']}/start")
    assert refused.status_code == 422
    assert list(refused.json["errors"]) == ["messages"]


def test_every_audience_and_two_variants(world: World, alice: Tenant, caller: Program) -> None:
    segment = make(caller, alice, segment=segment_of(world, alice))
    assert (segment.status_code, segment.json["audience"]) == (201, "segment")
    listed = make(caller, alice, list_id=str(make_list(world, ALICE)))
    assert listed.json["audience"] == "list"
    given = make(caller, alice, ids=[str(ALICE), "garbage"])
    assert given.json["audience"] == "upload"
    variants = [{"messages": TEXT}, {"template": template_of(world, alice)}]
    tested = make(caller, alice, messages="absent", variants=variants, split_percent=20)
    assert tested.status_code == 201
    with world.app.app_context():
        rows = Variant.of_broadcast(int(tested.json["id"]))
        assert [row.number for row in rows] == [0, 1]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"messages": "absent"}, "messages"),
        ({"messages": [{"type": "text", "text": "a" * 5001}]}, "messages"),
        ({"template": "1"}, "messages"),
        ({"messages": "absent", "template": "999"}, "template"),
        ({"segment": "999"}, "segment"),
        ({"list_id": "999"}, "list_id"),
        ({"segment": "1", "ids": ["1"]}, "ids"),
        ({"schedule_at": "2020-01-01T00:00:00Z"}, "schedule_at"),
        ({"schedule_at": "tomorrow"}, "schedule_at"),
        ({"holdout_percent": 51}, "holdout_percent"),
        ({"budget": 0}, "budget"),
        ({"goal": {"kind": "fame"}}, "goal.kind"),
        ({"messages": "absent", "variants": [{"messages": TEXT}]}, "variants"),
        ({"color": "red"}, "color"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    world: World, alice: Tenant, caller: Program, more: dict[str, Any], field: str
) -> None:
    refused = make(caller, alice, **more)
    assert refused.status_code == 422, refused.text
    assert field in refused.json["errors"]
    with world.app.app_context():
        assert not db.session.scalars(db.select(Broadcast)).all()


def test_an_archived_template_cannot_be_chosen(
    world: World, alice: Tenant, caller: Program
) -> None:
    template_id = template_of(world, alice, archived=True)
    refused = make(caller, alice, messages="absent", template=template_id)
    assert "template" in refused.json["errors"]


@pytest.mark.parametrize("deed", ["pause", "resume"])
def test_a_wrong_state_is_a_conflict(
    world: World, alice: Tenant, caller: Program, deed: str
) -> None:
    path = f"/broadcasts/{make(caller, alice).json['id']}"
    refused = caller.ask("POST", f"{path}/{deed}")
    assert (refused.status_code, refused.json["code"]) == (409, "wrong_state")
    assert refused.json["state"] == "draft"


def test_a_repeat_with_the_same_key_makes_one_draft(
    world: World, alice: Tenant, caller: Program
) -> None:
    body = {"official_account": str(alice.account_id), "messages": TEXT}
    answers = [caller.ask("POST", "/broadcasts", body, Idempotency_Key="once") for _ in range(2)]
    assert answers[0].json == answers[1].json
    assert len(caller.results("/broadcasts")) == 1


@pytest.mark.both_databases
def test_a_broadcast_is_sent_and_its_recipients_are_listed(
    world: World, alice: Tenant, caller: Program
) -> None:
    linked(world, alice, ALICE, line_user("alice"))
    linked(world, alice, BOB, line_user("bob"))
    path = f"/broadcasts/{make(caller, alice, messages=HELLO).json['id']}"
    started = caller.ask("POST", f"{path}/start")
    assert (started.status_code, started.json["state"]) == (200, "sending")
    assert caller.ask("POST", f"{path}/start").json["state"] == "sending"
    world.work()
    done = caller.get(path)
    assert (done["state"], done["total"], done["sent"], done["waiting"]) == ("finished", 2, 2, 0)
    first = caller.get(f"{path}/recipients?limit=1")
    rest = caller.get(f"{path}/recipients?limit=1&after={first['after']}")
    people = first["results"] + rest["results"]
    assert {row["contact_id"] for row in people} == {str(ALICE), str(BOB)}
    assert {row["state"] for row in people} == {"sent"}
    assert caller.results(f"{path}/recipients?tapped=true") == []
    assert len(caller.results(f"{path}/recipients?tapped=false")) == 2
    assert caller.results(f"{path}/recipients?state=left_out") == []
    assert caller.ask("POST", f"{path}/cancel").status_code == 409
    assert caller.ask("POST", f"{path}/start").status_code == 409


def test_a_planned_one_is_paused_resumed_and_cancelled(
    world: World, alice: Tenant, caller: Program
) -> None:
    linked(world, alice, ALICE, line_user("alice"))
    path = f"/broadcasts/{make(caller, alice, messages=HELLO).json['id']}"
    caller.ask("POST", f"{path}/start")
    assert caller.ask("POST", f"{path}/pause").json["state"] == "paused"
    world.work()
    assert caller.get(path)["sent"] == 0
    assert caller.ask("POST", f"{path}/resume", {"when_short": "ask"}).json["state"] == "sending"
    assert caller.ask("POST", f"{path}/cancel").json["state"] == "draft"
    later = make(caller, alice, messages=HELLO, schedule_at="2031-01-01T00:00:00Z").json
    planned = caller.ask("POST", f"/broadcasts/{later['id']}/start")
    assert planned.json["state"] == "scheduled"
