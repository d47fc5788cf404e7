"""What imports ask: members by joining, contacts that changed, text properties, many profiles."""

from datetime import UTC, datetime

import pytest

from plugin.gateways import Channel, GatewayError, Portal, Profile, TextProperty
from plugin.gateways.hubspot.gateway import LiveHubSpot
from plugin.gateways.line.gateway import LiveLine
from tests.gateways.scripted_server import Reply, ScriptedServer

CRM = "/sandbox/hubspot-api/crm"
MEMBERS = f"{CRM}/lists/2026-09/7/memberships/join-order"
SEARCH = f"{CRM}/objects/2026-09/contacts/search"
PROPERTIES = f"{CRM}/properties/2026-09/contacts"
KNOWN, STRANGER = "U" + "a" * 32, "U" + "b" * 32


def test_members_in_the_order_of_joining(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    body = {"results": [{"recordId": "3"}], "paging": {"next": {"after": "z"}}, "total": 9}
    server.on("GET", MEMBERS, Reply(body=body))
    page = hubspot.memberships(portal, "7", "y", by_join=True)
    assert (page.contact_ids, page.after, page.total) == ((3,), "z", 9)
    assert server.seen[0].query == {"limit": "250", "after": "y"}


def test_contacts_that_hold_a_value_by_id(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    server.on("POST", SEARCH, Reply(body={"total": 2, "results": [{"id": "5"}, {"id": "9"}]}))
    since = datetime(2026, 11, 1, tzinfo=UTC)
    assert hubspot.contacts_holding(portal, "line_user_id_2", since, 4) == (5, 9)
    asked = server.seen[0].json()
    assert asked["filterGroups"][0]["filters"] == [
        {"propertyName": "line_user_id_2", "operator": "HAS_PROPERTY"},
        {"propertyName": "hs_object_id", "operator": "GT", "value": "4"},
        {"propertyName": "lastmodifieddate", "operator": "GTE", "value": "1793491200000"},
    ]
    assert asked["sorts"] == [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    assert asked["limit"] == 200


def test_contacts_that_changed_oldest_first(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    found = {"id": "5", "properties": {"company": "x"}}
    body = {"total": 201, "results": [found], "paging": {"next": {"after": "200"}}}
    server.on("POST", SEARCH, Reply(body=body), Reply(body={"total": 201, "results": []}))
    since = datetime(2026, 11, 1, tzinfo=UTC)
    page = hubspot.modified_contacts(portal, since, ["company"], None)
    assert ([one.contact_id for one in page.records], page.after, page.total) == ([5], "200", 201)
    assert hubspot.modified_contacts(portal, since, ["company"], page.after).after is None
    first, second = (seen.json() for seen in server.seen)
    assert first["filterGroups"][0]["filters"] == [
        {"propertyName": "lastmodifieddate", "operator": "GTE", "value": "1793491200000"}
    ]
    assert "after" not in first
    assert (first["limit"], second["after"]) == (200, "200")


def test_properties_that_hold_text(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    text = {"type": "string", "fieldType": "text"}
    results = [
        {"name": "b", "label": "Second", **text},
        {"name": "a", "label": "first", **text},
        {"name": "c", "label": "Hidden", "hidden": True, **text},
        {"name": "d", "label": "Sum", "calculated": True, **text},
        {"name": "e", "label": "Number", "type": "number", "fieldType": "number"},
        {"name": "f", "label": "Page", "type": "string", "fieldType": "html"},
    ]
    server.on("GET", PROPERTIES, Reply(body={"results": results}))
    assert hubspot.text_properties(portal) == (
        TextProperty("a", "first"),
        TextProperty("b", "Second"),
    )


def test_many_profiles_and_who_is_not_shown(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", f"/v2/bot/profile/{KNOWN}", Reply(body={"userId": KNOWN, "displayName": "A"}))
    server.on("GET", f"/v2/bot/profile/{STRANGER}", Reply(404, {"message": "Not found"}))
    found = line.profiles(channel, [KNOWN, STRANGER])
    assert found == {KNOWN: Profile(KNOWN, "A", "", ""), STRANGER: None}
    assert line.profiles(channel, []) == {}


def test_a_dead_token_is_replaced_once_for_profiles_too(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    path = f"/v2/bot/profile/{KNOWN}"
    good = Reply(body={"userId": KNOWN, "displayName": "A"})
    server.on("GET", path, Reply(401, {}), Reply(401, {}), good)
    assert line.profiles(channel, [KNOWN])[KNOWN] == Profile(KNOWN, "A", "", "")


def test_trouble_with_one_profile_is_trouble(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", f"/v2/bot/profile/{KNOWN}", Reply(503, {"message": "Later"}))
    with pytest.raises(GatewayError) as caught:
        line.profiles(channel, [KNOWN])
    assert not caught.value.permanent
