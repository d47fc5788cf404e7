"""Contacts written to HubSpot: doubles, bad rows, refused values, partial answers."""

import json
from typing import Any

import pytest

from plugin.gateways import ContactUpdate, GatewayError, Portal
from plugin.gateways.hubspot.gateway import LiveHubSpot
from tests.gateways.hubspot.contact_answers import CONTACTS, not_found, raw
from tests.gateways.scripted_server import Answer, Reply, ScriptedServer, Seen

UPDATE = f"{CONTACTS}/batch/update"


def test_a_contact_that_exists_is_a_conflict(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    server.on("POST", CONTACTS, Reply(409, {"message": "Contact already exists"}))
    with pytest.raises(GatewayError) as caught:
        hubspot.create_contact(portal, {"email": "alice@example.com"})
    assert caught.value.reason == "conflict"


def test_rows_of_one_contact_become_one_input_and_the_later_wins(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    server.on("POST", UPDATE, Reply(body={"results": [raw(1), raw(2)]}))
    updates = [
        ContactUpdate(1, {"a": "old", "b": "kept"}),
        ContactUpdate(2, {"a": ""}),
        ContactUpdate(1, {"a": "new"}),
    ]
    batch = hubspot.update_contacts(portal, updates)
    assert server.seen[0].json() == {
        "inputs": [
            {"id": "1", "properties": {"a": "new", "b": "kept"}, "objectWriteTraceId": "1"},
            {"id": "2", "properties": {"a": ""}, "objectWriteTraceId": "2"},
        ]
    }
    assert ([record.contact_id for record in batch.records], batch.errors) == ([1, 2], {})


@pytest.mark.parametrize("status", [200, 207])
def test_errors_inside_a_good_answer_are_not_dropped(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal, status: int
) -> None:
    answer = {
        "results": [raw(1)],
        "numErrors": 2,
        "errors": [
            {"message": "too long", "context": {"objectWriteTraceId": ["2"]}},
            not_found("3"),
        ],
    }
    server.on("POST", UPDATE, Reply(status, answer))
    batch = hubspot.update_contacts(portal, [ContactUpdate(n, {"a": "b"}) for n in (1, 2, 3)])
    assert [record.contact_id for record in batch.records] == [1]
    assert batch.errors == {"2": "too long", "3": "Could not get some CONTACT objects"}
    assert batch.missing == ("3",)


def test_an_error_without_a_name_belongs_to_the_row_without_a_result(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    answer = {"results": [raw(1)], "errors": [{"message": "no"}]}
    server.on("POST", UPDATE, Reply(207, answer))
    batch = hubspot.update_contacts(portal, [ContactUpdate(1, {}), ContactUpdate(2, {})])
    assert batch.errors == {"2": "no"}


def refusing(*bad: str, status: int = 400) -> Answer:
    """HubSpot's whole-batch refusal: one bad input, and nobody says which."""

    def answer(seen: Seen) -> Reply:
        ids = [row["id"] for row in seen.json()["inputs"]]
        if set(ids) & set(bad):
            return Reply(status, {"message": "Property values were not valid"})
        return Reply(body={"results": [raw(int(number)) for number in ids]})

    return answer


@pytest.mark.parametrize("status", [400, 409, 404])
def test_a_refused_batch_is_halved_until_only_the_bad_row_fails(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal, status: int
) -> None:
    server.on("POST", UPDATE, refusing("37", status=status))
    batch = hubspot.update_contacts(portal, [ContactUpdate(n, {"a": "b"}) for n in range(1, 101)])
    assert batch.errors == {"37": "Property values were not valid"}
    assert batch.missing == (("37",) if status == 404 else ())
    assert sorted(record.contact_id for record in batch.records) == [
        number for number in range(1, 101) if number != 37
    ]
    assert len(server.seen) <= 15


@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_a_refusal_that_is_not_about_a_row_is_not_split(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal, status: int
) -> None:
    server.on("POST", UPDATE, Reply(status))
    with pytest.raises(GatewayError):
        hubspot.update_contacts(portal, [ContactUpdate(n, {}) for n in range(1, 9)])
    assert len(server.seen) == 1


def fault(name: str, code: str = "PROPERTY_DOESNT_EXIST") -> dict[str, str]:
    """One entry of the list that HubSpot puts into its message."""
    return {"name": name, "error": code, "message": f"{name} is {code}"}


def values_refused(*faults: dict[str, str]) -> str:
    return f"Property values were not valid: {json.dumps(faults)}"


def test_a_property_that_is_missing_is_left_out_of_all_rows_at_once(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    """A whole batch refused for a property is not halved: two calls, and the rest is written."""

    def answer(seen: Seen) -> Reply:
        rows = seen.json()["inputs"]
        if any("gone" in row["properties"] for row in rows):
            return Reply(400, {"message": values_refused(fault("gone"))})
        return Reply(body={"results": [raw(int(row["id"])) for row in rows]})

    server.on("POST", UPDATE, answer)
    updates = [ContactUpdate(n, {"gone": "x", "kept": "y"}) for n in range(1, 101)]
    batch = hubspot.update_contacts(portal, updates)
    assert len(server.seen) == 2
    assert (len(batch.records), batch.errors) == (100, {})
    assert {one.kind for of in batch.faults.values() for one in of} == {"missing"}
    assert len(batch.faults) == 100


@pytest.mark.parametrize(
    "error",
    [
        {"message": values_refused(fault("tags", "RULE")), "context": {"ids": ["2"]}},
        {"message": "no", "context": {"ids": ["2"]},
         "errors": [{"code": "RULE", "message": "tags is RULE",
                     "context": {"propertyName": ["tags"]}}]},
    ],
)  # fmt: skip
def test_a_refused_value_costs_its_row_nothing_else(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal, error: dict[str, Any]
) -> None:
    def answer(seen: Seen) -> Reply:
        rows = {row["id"]: row["properties"] for row in seen.json()["inputs"]}
        bad = "tags" in rows.get("2", {})
        written = [raw(int(key)) for key in rows if not (bad and key == "2")]
        return Reply(body={"results": written, **({"errors": [error]} if bad else {})})

    server.on("POST", UPDATE, answer)
    batch = hubspot.update_contacts(
        portal, [ContactUpdate(n, {"tags": "x", "a": "b"}) for n in (1, 2)]
    )
    assert [seen.json()["inputs"] for seen in server.seen[1:]] == [
        [{"id": "2", "properties": {"a": "b"}, "objectWriteTraceId": "2"}]
    ]
    assert batch.errors == {}
    (told,) = batch.faults["2"]
    assert (told.name, told.kind, told.words) == ("tags", "refused", "tags is RULE")


def test_one_property_after_the_other_and_never_for_ever(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    def answer(seen: Seen) -> Reply:
        named = min(seen.json()["inputs"][0]["properties"])
        message = values_refused(fault(named, "RULE"))
        return Reply(
            body={"results": [], "errors": [{"message": message, "context": {"ids": ["1"]}}]}
        )

    server.on("POST", UPDATE, answer)
    batch = hubspot.update_contacts(portal, [ContactUpdate(1, {f"p{n}": "x" for n in range(9)})])
    assert len(server.seen) == 5
    assert list(batch.errors) == ["1"]


def test_an_unreadable_list_of_faults_is_an_ordinary_refusal(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    server.on("POST", UPDATE, Reply(400, {"message": "Property values were not valid: [{oops]"}))
    batch = hubspot.update_contacts(portal, [ContactUpdate(1, {"a": "b"})])
    assert (list(batch.errors), batch.faults) == (["1"], {})
