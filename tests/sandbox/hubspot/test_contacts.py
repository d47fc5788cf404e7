"""Contacts one by one, in batches and by search, with HubSpot's error bodies and limits."""

import pytest

from tests.sandbox.hubspot.rig import ALICE, BOB, CHARLIE, PORTAL, Client

CONTACTS = "/crm/objects/2026-09/contacts"


def test_a_contact_is_read_with_the_wanted_properties(installed: Client) -> None:
    status, body = installed.api("GET", f"{CONTACTS}/{ALICE}?properties=email,phone")
    assert status == 200
    assert body["id"] == ALICE
    assert body["properties"]["email"] == "alice@example.com"
    assert body["properties"]["phone"] is None
    assert "firstname" not in body["properties"]


def test_a_contact_is_read_by_email(installed: Client) -> None:
    status, body = installed.api("GET", f"{CONTACTS}/ALICE@example.com?idProperty=email")
    assert (status, body["id"]) == (200, ALICE)


def test_creating_and_the_taken_email(installed: Client) -> None:
    values = {"properties": {"email": "Dora@Example.com", "firstname": "Dora"}}
    status, made = installed.api("POST", CONTACTS, values)
    assert (status, made["properties"]["email"]) == (201, "dora@example.com")
    status, body = installed.api("POST", CONTACTS, values)
    assert (status, body["category"]) == (409, "CONFLICT")
    assert body["message"] == f"Contact already exists. Existing ID: {made['id']}"


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"no_such": "x"}, "PROPERTY_DOESNT_EXIST"),
        ({"email": "not-an-address"}, "INVALID_EMAIL"),
        ({"hs_object_id": "1"}, "READ_ONLY_VALUE"),
    ],
)
def test_bad_values_are_refused(installed: Client, properties: dict[str, str], code: str) -> None:
    status, body = installed.api("PATCH", f"{CONTACTS}/{ALICE}", {"properties": properties})
    assert (status, body["category"]) == (400, "VALIDATION_ERROR")
    assert f'"error":"{code}"' in body["message"]


def test_an_empty_text_clears(installed: Client) -> None:
    body = installed.api("PATCH", f"{CONTACTS}/{ALICE}", {"properties": {"lastname": ""}})[1]
    assert "lastname" not in body["properties"]


@pytest.mark.parametrize("switch", [200, 207])
def test_batch_read_tells_what_is_missing(installed: Client, switch: int) -> None:
    installed.control("POST", "/hubspot", {"partial_batch_status": switch})
    body = {"inputs": [{"id": ALICE}, {"id": "9"}], "properties": ["email"]}
    status, answer = installed.api("POST", f"{CONTACTS}/batch/read", body)
    assert status == switch
    assert [one["id"] for one in answer["results"]] == [ALICE]
    assert answer["numErrors"] == 1
    assert answer["errors"][0]["category"] == "OBJECT_NOT_FOUND"
    assert answer["errors"][0]["context"]["ids"] == ["9"]


def test_batch_read_by_email(installed: Client) -> None:
    body = {"idProperty": "email", "inputs": [{"id": "BOB@example.com"}], "properties": []}
    answer = installed.api("POST", f"{CONTACTS}/batch/read", body)[1]
    assert [one["id"] for one in answer["results"]] == [BOB]


def test_one_bad_input_fails_an_untraced_batch(installed: Client) -> None:
    inputs = [
        {"id": ALICE, "properties": {"city": "Kyoto"}},
        {"id": BOB, "properties": {"no_such": "x"}},
    ]
    assert installed.api("POST", f"{CONTACTS}/batch/update", {"inputs": inputs})[0] == 400
    assert installed.control("GET", f"/contacts/{ALICE}")["properties"].get("city") is None


def test_traced_batches_fail_item_by_item(installed: Client) -> None:
    inputs = [
        {"id": ALICE, "properties": {"city": "Kyoto"}, "objectWriteTraceId": "a"},
        {"id": "9", "properties": {"city": "Kyoto"}, "objectWriteTraceId": "b"},
    ]
    status, body = installed.api("POST", f"{CONTACTS}/batch/update", {"inputs": inputs})
    assert status == 200
    assert body["results"][0]["objectWriteTraceId"] == "a"
    assert body["errors"][0]["context"]["objectWriteTraceId"] == ["b"]
    assert installed.control("GET", f"/contacts/{ALICE}")["properties"]["city"] == "Kyoto"


def test_batches_hold_a_hundred_and_no_id_twice(installed: Client) -> None:
    many = [{"id": str(number)} for number in range(101)]
    assert installed.api("POST", f"{CONTACTS}/batch/read", {"inputs": many})[0] == 400
    twice = [{"id": ALICE, "properties": {}}] * 2
    assert installed.api("POST", f"{CONTACTS}/batch/update", {"inputs": twice})[0] == 400


def test_batch_create_and_upsert(installed: Client) -> None:
    inputs = [{"properties": {"email": f"user{n}@example.com"}} for n in range(3)]
    status, body = installed.api("POST", f"{CONTACTS}/batch/create", {"inputs": inputs})
    assert (status, len(body["results"])) == (201, 3)
    upserts = [
        {"id": "user0@example.com", "idProperty": "email", "properties": {"city": "Nara"}},
        {"id": "user9@example.com", "idProperty": "email", "properties": {"city": "Nara"}},
    ]
    status, body = installed.api("POST", f"{CONTACTS}/batch/upsert", {"inputs": upserts})
    assert [one["new"] for one in body["results"]] == [False, True]


def test_search_filters_sorts_and_pages(installed: Client) -> None:
    body = {
        "filterGroups": [{"filters": [{"propertyName": "email", "operator": "HAS_PROPERTY"}]}],
        "sorts": [{"propertyName": "firstname", "direction": "DESCENDING"}],
        "properties": ["firstname"],
        "limit": 2,
    }
    status, first = installed.api("POST", f"{CONTACTS}/search", body)
    assert (status, first["total"]) == (200, 3)
    assert [one["id"] for one in first["results"]] == [CHARLIE, BOB]
    after = first["paging"]["next"]["after"]
    second = installed.api("POST", f"{CONTACTS}/search", {**body, "after": after})[1]
    assert [one["id"] for one in second["results"]] == [ALICE]
    assert "paging" not in second


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"propertyName": "email", "operator": "EQ", "value": "bob@example.com"}, [BOB]),
        ({"propertyName": "email", "operator": "EQ", "value": "x@example.com"}, []),
        ({"propertyName": "firstname", "operator": "IN", "values": ["alice", "Bob"]}, [ALICE, BOB]),
        ({"propertyName": "createdate", "operator": "GT", "value": "1"}, [ALICE, BOB, CHARLIE]),
        ({"propertyName": "phone", "operator": "NOT_HAS_PROPERTY"}, [ALICE, BOB, CHARLIE]),
    ],
)
def test_search_operators(
    installed: Client, condition: dict[str, object], found: list[str]
) -> None:
    groups = {"filterGroups": [{"filters": [condition]}]}
    answer = installed.api("POST", f"{CONTACTS}/search", groups)[1]
    assert [one["id"] for one in answer["results"]] == found


def test_searches_are_limited_to_five_a_second(installed: Client) -> None:
    answers = [installed.api("POST", f"{CONTACTS}/search", {}) for _ in range(6)]
    assert [status for status, _ in answers] == [200] * 5 + [429]
    assert answers[-1][1]["policyName"] == "SECONDLY"


def test_the_burst_limit_and_its_headers(installed: Client) -> None:
    path = f"/hubspot-api{CONTACTS}/{ALICE}"
    headers = {"Authorization": f"Bearer {installed.token}"}
    answers = [installed.raw("GET", path, headers=headers) for _ in range(111)]
    assert answers[0].headers["X-HubSpot-RateLimit-Remaining"] == "109"
    assert answers[0].headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    assert [one.status for one in answers[-2:]] == [200, 429]
    refused = answers[-1].json()
    assert (refused["errorType"], refused["policyName"]) == ("RATE_LIMIT", "TEN_SECONDLY_ROLLING")
    installed.control("POST", "/clock", {"advance_seconds": 10})
    assert installed.raw("GET", path, headers=headers).status == 200
    installed.control("POST", "/limits", {"hubspot": False})
    assert all(installed.raw("GET", path, headers=headers).status == 200 for _ in range(120))


def test_deleted_contacts_are_gone_and_merged_ones_lead_on(installed: Client) -> None:
    assert installed.api("DELETE", f"{CONTACTS}/{CHARLIE}")[0] == 204
    assert installed.api("GET", f"{CONTACTS}/{CHARLIE}")[0] == 404
    merge = {"primaryObjectId": ALICE, "objectIdToMerge": BOB}
    status, survivor = installed.api("POST", f"{CONTACTS}/merge", merge)
    assert status == 200
    assert survivor["id"] not in (ALICE, BOB)
    assert installed.api("GET", f"{CONTACTS}/{BOB}")[1]["id"] == survivor["id"]
    assert installed.api("GET", f"{CONTACTS}/alice@example.com?idProperty=email")[0] == 200


def test_privacy_deletion_frees_the_email(installed: Client) -> None:
    body = {"objectId": "alice@example.com", "idProperty": "email"}
    assert installed.api("POST", f"{CONTACTS}/gdpr-delete", body) == (204, None)
    assert installed.api("GET", f"{CONTACTS}/{ALICE}")[0] == 404
    again = {"properties": {"email": "alice@example.com"}}
    assert installed.api("POST", CONTACTS, again)[0] == 201


def test_bodies_without_required_fields_are_refused(installed: Client) -> None:
    status, body = installed.api("POST", CONTACTS, {})
    assert (status, body["category"]) == (400, "VALIDATION_ERROR")


def test_bulk_contacts_and_their_webhookless_birth(installed: Client) -> None:
    template = {"email": "bulk{n}@example.com", "firstname": "User {n}"}
    body = {"portal": PORTAL, "count": 1000, "properties": template}
    ids = installed.control("POST", "/contacts", body)["ids"]
    assert len(ids) == 1000
    last = installed.control("GET", f"/contacts/{ids[-1]}")
    assert last["properties"]["email"] == "bulk1000@example.com"
