"""Property groups, properties, lists and their members."""

from typing import Any

import pytest

from tests.sandbox.hubspot.rig import ALICE, BOB, PORTAL, Client

PROPERTIES = "/crm/properties/2026-09/contacts"
LISTS = "/crm/lists/2026-09"
OPTION = {"label": "Following", "value": "following", "displayOrder": 0, "hidden": False}


def definition(name: str, **more: Any) -> dict[str, Any]:
    """A text property of the group `line`."""
    usual = {"name": name, "label": name, "type": "string", "fieldType": "text"}
    return {**usual, "groupName": "line", **more}


@pytest.fixture
def grouped(installed: Client) -> Client:
    """With the group `line`."""
    status, _ = installed.api("POST", f"{PROPERTIES}/groups", {"name": "line", "label": "LINE"})
    assert status == 201
    return installed


def test_groups_exist_once(grouped: Client) -> None:
    body = {"name": "line", "label": "LINE"}
    assert grouped.api("POST", f"{PROPERTIES}/groups", body)[0] == 409
    names = [one["name"] for one in grouped.api("GET", f"{PROPERTIES}/groups")[1]["results"]]
    assert names == ["contactinformation", "line"]


def test_a_property_is_made_once_and_takes_values(grouped: Client) -> None:
    assert grouped.api("POST", PROPERTIES, definition("line_user_id"))[0] == 201
    status, body = grouped.api("POST", PROPERTIES, definition("line_user_id"))
    assert (status, body["category"]) == (409, "OBJECT_ALREADY_EXISTS")
    path = f"/crm/objects/2026-09/contacts/{ALICE}"
    assert grouped.api("PATCH", path, {"properties": {"line_user_id": "U1"}})[0] == 200
    assert grouped.api("GET", f"{PROPERTIES}/line_user_id")[1]["groupName"] == "line"
    assert grouped.api("GET", f"{PROPERTIES}/none")[0] == 404


def test_a_batch_with_one_that_exists_is_refused_whole(grouped: Client) -> None:
    both = {"inputs": [definition("one"), definition("two")]}
    status, body = grouped.api("POST", f"{PROPERTIES}/batch/create", both)
    assert (status, len(body["results"])) == (200, 2)
    clash = {"inputs": [definition("three"), definition("two")]}
    assert grouped.api("POST", f"{PROPERTIES}/batch/create", clash)[0] == 409
    assert grouped.api("GET", f"{PROPERTIES}/three")[0] == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"groupName": "none"},
        {"fieldType": "number"},
        {"name": "Line User"},
        {"type": "enumeration", "fieldType": "select", "options": []},
        {"type": "enumeration", "fieldType": "select", "options": [{"label": "x", "value": "x"}]},
    ],
)
def test_incomplete_definitions_are_refused(grouped: Client, wrong: dict[str, Any]) -> None:
    assert grouped.api("POST", PROPERTIES, {**definition("odd"), **wrong})[0] == 400


def test_enumerations_take_their_options_only(grouped: Client) -> None:
    kind = {"type": "enumeration", "fieldType": "select", "options": [OPTION]}
    assert grouped.api("POST", PROPERTIES, definition("line_friend_status", **kind))[0] == 201
    path = f"/crm/objects/2026-09/contacts/{ALICE}"
    good, bad = ({"properties": {"line_friend_status": text}} for text in ("following", "x"))
    assert grouped.api("PATCH", path, good)[0] == 200
    status, body = grouped.api("PATCH", path, bad)
    assert status == 400
    assert "INVALID_OPTION" in body["message"]


def test_unique_properties_find_their_contact(grouped: Client) -> None:
    assert grouped.api("POST", PROPERTIES, definition("member", hasUniqueValue=True))[0] == 201
    path = "/crm/objects/2026-09/contacts"
    assert grouped.api("PATCH", f"{path}/{ALICE}", {"properties": {"member": "m1"}})[0] == 200
    assert grouped.api("PATCH", f"{path}/{BOB}", {"properties": {"member": "m1"}})[0] == 409
    body = {"idProperty": "member", "inputs": [{"id": "m1"}], "properties": []}
    assert grouped.api("POST", f"{path}/batch/read", body)[1]["results"][0]["id"] == ALICE


def test_the_limits_say_what_is_used(grouped: Client) -> None:
    grouped.api("POST", PROPERTIES, definition("one"))
    limits = grouped.api("GET", "/crm/limits/2026-09/custom-properties")[1]
    assert (limits["overallLimit"], limits["overallUsage"]) == (1000, 1)


def search(client: Client, **more: Any) -> Any:
    """A list search with all that 2026-09 requires."""
    body = {"listIds": [], "processingTypes": [], "offset": 0, "additionalProperties": [], **more}
    return client.api("POST", f"{LISTS}/search", body)


def test_lists_are_searched_and_read(installed: Client) -> None:
    made = installed.control("POST", "/lists", {"name": "VIP", "contact_ids": [ALICE]})
    status, body = search(installed, query="vip")
    assert (status, body["total"], body["hasMore"]) == (200, 1, False)
    assert body["lists"][0]["additionalProperties"]["hs_list_size"] == "1"
    one = installed.api("GET", f"{LISTS}/{made['listId']}")[1]["list"]
    assert (one["name"], one["size"], one["objectTypeId"]) == ("VIP", 1, "0-1")
    assert installed.api("GET", f"{LISTS}/99")[0] == 404
    assert installed.api("POST", f"{LISTS}/search", {"query": "vip"})[0] == 400


def test_memberships_are_paged_by_250(installed: Client) -> None:
    made = installed.control("POST", "/lists", {"name": "Many"})
    body = {"count": 600, "list": made["listId"]}
    ids = installed.control("POST", "/contacts", body)["ids"]
    path, seen, after, pages = f"{LISTS}/{made['listId']}/memberships", [], "", 0
    while after is not None:
        query = f"?limit=250&after={after}" if after else "?limit=250"
        page = installed.api("GET", path + query)[1]
        seen += [one["recordId"] for one in page["results"]]
        after, pages = page.get("paging", {}).get("next", {}).get("after"), pages + 1
    assert (seen, pages, page["total"]) == (ids, 3, 600)
    assert installed.api("GET", f"{path}?limit=251")[0] == 400


def test_a_leaving_member_shifts_nobody(installed: Client) -> None:
    path = f"{LISTS}/1/memberships"
    first = installed.api("GET", f"{path}?limit=1")[1]
    installed.api("DELETE", f"/crm/objects/2026-09/contacts/{ALICE}")
    after = first["paging"]["next"]["after"]
    second = installed.api("GET", f"{path}?limit=1&after={after}")[1]
    assert second["results"][0]["recordId"] == BOB


def test_owners_need_their_scope_and_come_in_pages(installed: Client) -> None:
    assert installed.api("GET", "/crm/owners/2026-09")[0] == 403
    code = installed.approve(optional_scope="crm.objects.owners.read")["code"]
    redirect = f"{installed.config.target}/hubspot/callback"
    status, tokens = installed.token_call(
        grant_type="authorization_code", code=code, redirect_uri=redirect
    )
    assert status == 200
    installed.token = tokens["access_token"]
    mika = {"email": "mika@example.com", "first": "Mika", "last": "Sato"}
    made = installed.control("POST", "/owners", mika)
    status, page = installed.api("GET", "/crm/owners/2026-09?limit=1")
    assert (status, len(page["results"])) == (200, 1)
    after = page["paging"]["next"]["after"]
    status, page = installed.api("GET", f"/crm/owners/2026-09?limit=500&after={after}")
    assert (page["results"], page.get("paging")) == ([made], None)
    assert installed.api("GET", f"/crm/owners/2026-09/{made['id']}")[1] == made
    path = f"/crm/objects/2026-09/contacts/{ALICE}"
    for owner, answer in ((made["id"], 200), ("1", 400)):
        properties = {"hubspot_owner_id": owner}
        assert installed.api("PATCH", path, {"properties": properties})[0] == answer


def test_definitions_are_read_in_batches(installed: Client) -> None:
    names = {"archived": False, "inputs": [{"name": "lifecyclestage"}, {"name": "none"}]}
    status, body = installed.api("POST", f"{PROPERTIES}/batch/read", names)
    assert (status, [one["name"] for one in body["results"]]) == (200, ["lifecyclestage"])
    assert body["results"][0]["options"][0]["label"] == "Subscriber"
    owner = installed.api("GET", f"{PROPERTIES}/hubspot_owner_id")[1]
    assert owner["referencedObjectType"] == "OWNER"


def test_the_accounts_zone_is_the_portals(installed: Client) -> None:
    installed.control("PATCH", f"/portals/{PORTAL}", {"time_zone": "America/New_York"})
    details = installed.api("GET", "/account-info/2026-09/details")[1]
    assert details["timeZone"] == "America/New_York"
    assert details["utcOffset"] in ("-05:00", "-04:00")
    assert details["utcOffsetMilliseconds"] in (-5 * 3600_000, -4 * 3600_000)
