"""Property definitions and owners: leniently read, and never read on for ever."""

from typing import Any

import pytest

from plugin.gateways import GatewayError, ListedProperty, Portal, PropertyShape
from plugin.gateways.hubspot.gateway import LiveHubSpot
from tests.gateways.scripted_server import Reply, ScriptedServer

API = "/sandbox/hubspot-api"
PROPERTIES = f"{API}/crm/properties/2026-09/contacts"
SHAPES = f"{API}/crm/properties/2026-09/contacts/batch/read"
OWNERS = f"{API}/crm/owners/2026-09"


def test_a_shape_has_its_labels_in_order(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    options = [{"value": "b", "label": "Bee"}, {"value": "a"}, {"label": "no value"}, "odd"]
    plan = {"name": "plan", "type": "enumeration", "fieldType": "select", "options": options}
    owner = {"name": "owner", "type": "enumeration", "referencedObjectType": "OWNER"}
    server.on("POST", SHAPES, Reply(body={"results": [plan, {"no": "name"}, owner]}))
    assert hubspot.property_shapes(portal, ["plan", "owner", "plan"]) == (
        PropertyShape("plan", "enumeration", "select", {"b": "Bee", "a": "a"}),
        PropertyShape("owner", "enumeration", "", of_owners=True),
    )
    asked = server.sent_to(SHAPES)[0].json()
    assert asked == {"archived": False, "inputs": [{"name": "plan"}, {"name": "owner"}]}


def test_all_properties_by_label_without_archived_ones(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    plan = {
        "name": "plan",
        "label": "Plan",
        "groupName": "shop",
        "type": "enumeration",
        "fieldType": "checkbox",
        "options": [{"value": "a", "label": "Aye"}],
    }
    odd = {"name": "odd", "hidden": True, "type": "string", "fieldType": "text"}
    old = {"name": "old", "archived": True}
    server.on("GET", PROPERTIES, Reply(body={"results": [plan, odd, old, {}]}))
    server.on("GET", f"{PROPERTIES}/plan", Reply(body=plan))
    known = ListedProperty("plan", "Plan", "shop", "enumeration", "checkbox", (("a", "Aye"),))
    hidden = ListedProperty("odd", "odd", "", "string", "text", hidden=True)
    assert hubspot.listed_properties(portal) == (hidden, known)
    assert hubspot.listed_property(portal, "plan") == known
    message = "Property gone does not exist"
    server.on("GET", f"{PROPERTIES}/gone", Reply(404, body={"message": message}))
    with pytest.raises(GatewayError, match=message) as caught:
        hubspot.listed_property(portal, "gone")
    assert caught.value.reason == "not_found"


def page(number: int, after: str | None) -> Reply:
    owner = {"id": str(number), "firstName": f"N{number}", "lastName": "", "email": "e@example.com"}
    paging = {"paging": {"next": {"after": after}}} if after else {}
    return Reply(body={"results": [owner], **paging})


def test_owners_of_all_pages(hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal) -> None:
    nameless = Reply(body={"results": [{"id": 3, "email": "c@example.com"}, {"no": "id"}]})
    server.on("GET", OWNERS, page(1, "a"), page(2, "b"), nameless)
    assert hubspot.owner_names(portal) == {"1": "N1", "2": "N2", "3": "c@example.com"}
    assert [seen.query.get("after") for seen in server.sent_to(OWNERS)] == [None, "a", "b"]


@pytest.mark.parametrize("cursors", [["a"], ["a", "b", "a", "b"]])
def test_a_cursor_that_comes_again_ends_the_list(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal, cursors: list[str]
) -> None:
    server.on("GET", OWNERS, *(page(place, after) for place, after in enumerate(cursors)))
    hubspot.owner_names(portal)
    assert len(server.sent_to(OWNERS)) <= 3


@pytest.mark.parametrize("body", [{}, {"results": "x"}, {"results": [None]}])
def test_an_unreadable_answer_is_said_to_be_so(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal, body: Any
) -> None:
    server.on("POST", SHAPES, Reply(body=body))
    server.on("GET", OWNERS, Reply(body=body))
    with pytest.raises(GatewayError) as shapes:
        hubspot.property_shapes(portal, ["a"])
    with pytest.raises(GatewayError) as owners:
        hubspot.owner_names(portal)
    assert not shapes.value.permanent
    assert not owners.value.permanent
