"""Lists and their members."""

from datetime import UTC, datetime
from typing import Any

import pytest

from plugin.gateways import ContactList, GatewayError, Portal
from plugin.gateways.hubspot.gateway import LiveHubSpot
from tests.gateways.scripted_server import Reply, ScriptedServer

LISTS = "/sandbox/hubspot-api/crm/lists/2026-09"
SEARCH = f"{LISTS}/search"
LIST = f"{LISTS}/7"
MEMBERS = f"{LIST}/memberships"
LISTS_OF_RECORDS = f"{LISTS}/records/memberships/batch/read"


def raw(list_id: str, object_type: str = "0-1", **more: Any) -> dict[str, Any]:
    return {
        "listId": list_id,
        "name": f"List {list_id}",
        "objectTypeId": object_type,
        "processingType": "DYNAMIC",
        "processingStatus": "COMPLETE",
        **more,
    }


def test_search_pages_and_leaves_out_what_holds_no_contacts(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    answer = {
        "lists": [
            raw("7", size=3),
            raw("8", "0-2"),
            raw("9", additionalProperties={"hs_list_size": "12"}, processingStatus="PROCESSING"),
        ],
        "hasMore": True,
        "offset": 100,
        "total": 101,
    }
    server.on("POST", SEARCH, Reply(body=answer), Reply(body={"lists": [], "hasMore": False}))
    page = hubspot.search_lists(portal, "shop")
    assert page.lists == (
        ContactList("7", "List 7", 3, "DYNAMIC"),
        ContactList("9", "List 9", 12, "DYNAMIC", processing=True),
    )
    assert page.after == "100"
    assert hubspot.search_lists(portal, "shop", page.after).after is None
    assert [seen.json()["offset"] for seen in server.seen] == [0, 100]
    assert server.seen[0].json() == {
        "query": "shop",
        "objectTypeId": "0-1",
        "listIds": [],
        "processingTypes": [],
        "additionalProperties": [],
        "count": 100,
        "offset": 0,
    }


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_list_by_id_may_come_wrapped(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal, wrapped: bool
) -> None:
    body = raw("7", size=None)
    server.on("GET", LIST, Reply(body={"list": body} if wrapped else body))
    assert hubspot.list_by_id(portal, "7") == ContactList("7", "List 7", None, "DYNAMIC")


def test_a_list_of_companies_is_refused(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    server.on("GET", LIST, Reply(body={"list": raw("7", "0-2")}))
    with pytest.raises(GatewayError, match="does not hold contacts"):
        hubspot.list_by_id(portal, "7")


def test_members_come_by_250_with_a_cursor(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    first = {
        "results": [{"recordId": "150000000001", "membershipTimestamp": "odd"}],
        "paging": {"next": {"after": "abc"}},
        "total": 2,
    }
    server.on("GET", MEMBERS, Reply(body=first), Reply(body={"results": []}))
    page = hubspot.memberships(portal, "7", None)
    assert (page.contact_ids, page.after, page.total) == ((150000000001,), "abc", 2)
    last = hubspot.memberships(portal, "7", page.after)
    assert (last.contact_ids, last.after, last.total) == ((), None, None)
    assert [seen.query for seen in server.seen] == [
        {"limit": "250"},
        {"limit": "250", "after": "abc"},
    ]


def test_members_tell_when_they_joined(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    joined = {"recordId": "7", "membershipTimestamp": "2026-11-01T10:00:00Z"}
    server.on("GET", MEMBERS, Reply(body={"results": [joined, {"recordId": "8"}]}))
    page = hubspot.memberships(portal, "7", None)
    assert page.joined == {7: datetime(2026, 11, 1, 10, tzinfo=UTC)}


def test_the_lists_of_contacts(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    rows = [
        {"listId": "3", "lastAddedTimestamp": "2026-11-01T10:00:00+00:00"},
        {"listId": 4, "lastAddedTimestamp": None},
    ]
    found = [{"recordId": "7", "recordListMemberships": rows}, {"recordId": "8"}, {"odd": 1}]
    server.on("POST", LISTS_OF_RECORDS, Reply(body={"results": found}))
    moment = datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert hubspot.lists_of_contacts(portal, [7, 8]) == {7: {"3": moment, "4": None}, 8: {}}
    asked = server.seen[0]
    assert asked.json() == {
        "inputs": [
            {"objectTypeId": "0-1", "recordId": "7"},
            {"objectTypeId": "0-1", "recordId": "8"},
        ]
    }
    server.on("POST", LISTS_OF_RECORDS, Reply(body=None))
    with pytest.raises(GatewayError):
        hubspot.lists_of_contacts(portal, [7])
