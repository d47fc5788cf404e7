"""Segments over the API: made, counted, changed by versions, archived; faults at their places."""

from typing import Any

import pytest

from plugin.models import Friend, SegmentVersion, db
from plugin.models.transaction import transaction
from tests.api.client import Program, program
from tests.support.people import linked
from tests.support.world import BOB, Tenant, World

pytestmark = pytest.mark.both_databases

LINKED = {"field": "linkage.linked", "op": "is", "value": True}
READY = [
    "Linked friends",
    "Unlinked friends",
    "Followed in the last 30 days",
    "Tapped in the last 30 days",
    "Silent for 90 days",
]


@pytest.fixture
def caller(world: World, alice: Tenant) -> Program:
    linked(world, alice, status="following")
    linked(world, alice, BOB, "U" + "b" * 32, status="blocked")
    with world.app.app_context(), transaction() as session:
        since = session.query(Friend).first().created_at  # type: ignore[union-attr]
        loose = Friend(official_account_id=alice.account_id, line_user_id="U" + "c" * 32)
        loose.created_at = since
        session.add(loose)
    return program(world, alice)


def body(tenant: Tenant, rule: Any, **more: Any) -> dict[str, Any]:
    return {"official_account": str(tenant.account_id), "name": "Linked", "rule": rule, **more}


def test_a_segment_is_made_changed_and_archived(
    world: World, alice: Tenant, caller: Program
) -> None:
    made = caller.ask("POST", "/segments", body(alice, {"all": [LINKED]}))
    assert (made.status_code, made.json["count"], made.json["version"]) == (201, 2, 1)
    path = f"/segments/{made.json['id']}"
    assert [row["name"] for row in caller.results("/segments")] == [*reversed(READY), "Linked"]
    blocked = {"field": "friend.status", "op": "is", "value": "blocked"}
    changed = caller.ask("PUT", path, {"rule": {"all": [LINKED, blocked]}, "version": 1})
    assert (changed.json["count"], changed.json["version"]) == (1, 2)
    late = caller.ask("PUT", path, {"rule": {"all": []}, "version": 1})
    assert (late.status_code, list(late.json["errors"])) == (409, ["version"])
    renamed = caller.ask("PUT", path, {"name": "Lost"})
    assert (renamed.json["name"], renamed.json["version"]) == ("Lost", 2)
    assert caller.get(path)["rule"] == {"all": [LINKED, blocked]}
    assert caller.ask("DELETE", path).status_code == 204
    assert caller.ask("GET", path).status_code == 404
    with world.app.app_context():
        assert db.session.query(SegmentVersion).count() == len(READY) + 2


def test_a_preview_adds_up_and_stores_nothing(alice: Tenant, caller: Program) -> None:
    asked = {"official_account": str(alice.account_id), "rule": {"any": [LINKED]}}
    found = caller.ask("POST", "/segments/preview", asked).json
    assert (found["count"], found["reachable"], found["linked"]) == (2, 1, 2)
    assert found["left_out"] == {"blocked": 1}
    assert {row["status"] for row in found["sample"]} == {"following", "blocked"}
    everybody = caller.ask("POST", "/segments/preview", {**asked, "rule": {"all": []}}).json
    assert (everybody["count"], everybody["left_out"]) == (3, {"blocked": 1, "unknown": 1})
    assert len(caller.results("/segments")) == len(READY)


def test_the_ready_ones_count(caller: Program) -> None:
    counts = [caller.get(f"/segments/{row['id']}")["count"] for row in caller.results("/segments")]
    assert counts == [1, 0, 0, 1, 2]


@pytest.mark.parametrize(
    ("rule", "places"),
    [
        ({"all": [{"field": "friend.shoe", "op": "is", "value": 1}, 7]}, {"all.0.field", "all.1"}),
        ({"any": [{"field": "hubspot.gone", "op": "known"}]}, {"any.0.field"}),
        ({"any": [{"field": "hubspot.list", "op": "in", "value": ["9"]}]}, {"any.0.value"}),
        ({"any": [{"field": "segment", "op": "is", "value": "999999"}]}, {"any.0.value"}),
        ({"any": [{"field": "friend.qr_code", "op": "is", "value": "99"}]}, {"any.0.value"}),
        ({"any": [{"field": "behaviour.tapped", "op": "is", "value": "99"}]}, {"any.0.value"}),
        ({"any": [{"field": "behaviour.received", "op": "is", "value": 99}]}, {"any.0.value"}),
    ],
)
def test_faults_are_at_their_places(
    alice: Tenant, caller: Program, rule: Any, places: set[str]
) -> None:
    before = caller.results("/segments")
    for path in ("/segments", "/segments/preview"):
        asked = body(alice, rule)
        if path.endswith("preview"):
            del asked["name"]
        answer = caller.ask("POST", path, asked)
        assert answer.status_code == 422, answer.text
        assert set(answer.json["errors"]) == {f"rule.{place}" for place in places}
    assert caller.results("/segments") == before


def test_nesting_of_fifty_and_of_thousands_is_refused(alice: Tenant, caller: Program) -> None:
    rule: dict[str, Any] = LINKED
    for _ in range(50):
        rule = {"all": [rule]}
    answer = caller.ask("POST", "/segments", body(alice, rule))
    assert (answer.status_code, "nested" in answer.text) == (422, True)
    assert caller.ask("POST", "/segments", body(alice, "all")).status_code == 422


def test_ids_pasted_with_garbage_are_counted_and_the_garbage_is_named(
    alice: Tenant, caller: Program
) -> None:
    ids = [str(number) for number in range(1, 9000)] + ["U" + "a" * 32] + ["gar\0bage"] * 3
    pasted = {"field": "friend.line_user_id", "op": "in", "value": "\n".join(ids)}
    made = caller.ask("POST", "/segments", body(alice, {"all": [pasted]}))
    assert (made.status_code, made.json["count"]) == (201, 1), made.text
    warning = made.json["warnings"][0]
    assert warning["path"] == "rule.all.0.value"
    assert warning["message"].startswith("9000 of these are no IDs and are ignored: 1, 2, 3")


def test_friends_are_filtered_by_a_segment(alice: Tenant, caller: Program) -> None:
    made = caller.ask("POST", "/segments", body(alice, {"all": [LINKED]})).json
    found = caller.results(f"/friends?segment={made['id']}")
    assert {row["line_user_id"][1] for row in found} == {"a", "b"}
    blocked = caller.results(f"/friends?segment={made['id']}&status=blocked")
    assert [row["line_user_id"][1] for row in blocked] == ["b"]
    assert caller.ask("GET", "/friends?segment=999").status_code == 404
    inner = body(alice, {"all": [{"field": "segment", "op": "is", "value": made["id"]}]})
    outer = caller.ask("POST", "/segments", inner).json
    assert outer["count"] == 2
    caller.ask("DELETE", f"/segments/{made['id']}")
    broken = caller.ask("GET", f"/friends?segment={outer['id']}")
    assert (broken.status_code, broken.json["errors"]) == (
        422,
        {"segment": ["This segment is gone."]},
    )
    shown = caller.get(f"/segments/{outer['id']}")
    assert (shown["count"], shown["warnings"][0]["path"]) == (None, "rule.all.0.value")


def test_a_list_in_hubspot_is_made_of_a_segment(
    world: World, alice: Tenant, caller: Program
) -> None:
    made = caller.ask("POST", "/segments", body(alice, {"all": []})).json
    asked = {"segment": made["id"], "name": "All on LINE"}
    begun = caller.ask("POST", "/list-exports", asked)
    assert (begun.status_code, begun.json["state"]) == (201, "running")
    world.work()
    done = caller.get(f"/list-exports/{begun.json['id']}")
    assert (done["state"], done["added"], done["not_linked"]) == ("finished", 2, 1)
    again = caller.ask("POST", "/list-exports", asked)
    assert (again.status_code, list(again.json["errors"])) == (422, ["name"])
    assert caller.ask("POST", "/list-exports", {"name": "x"}).status_code == 422
    assert [row["id"] for row in caller.results("/list-exports")] == [begun.json["id"]]
