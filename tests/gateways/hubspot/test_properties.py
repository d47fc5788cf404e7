"""Our properties: made, adopted, or refused with a reason."""

from collections.abc import Callable
from typing import Any

import pytest

from plugin.gateways import GatewayError, Portal, PropertyDefinition
from plugin.gateways.hubspot.gateway import LiveHubSpot
from tests.gateways.scripted_server import Reply, ScriptedServer, Seen

PROPERTIES = "/sandbox/hubspot-api/crm/properties/2026-09/contacts"
GROUPS = f"{PROPERTIES}/groups"
CREATE = f"{PROPERTIES}/batch/create"
GROUP = ("line", "LINE")
USER_ID = PropertyDefinition("line_user_id", "LINE User ID", "string", "text", "Whose LINE it is")
STATUS = PropertyDefinition(
    "line_friend_status",
    "Friend status",
    "enumeration",
    "select",
    options=(("following", "Following"), ("blocked", "Blocked")),
)
THERE = {"name": "line_user_id", "type": "string"}
STATUS_THERE = {
    "name": "line_friend_status",
    "type": "enumeration",
    "options": [{"value": "following"}, {"value": "blocked"}, {"value": "lost"}],
}


def listing(*properties: dict[str, Any]) -> Reply:
    return Reply(body={"results": [{"name": "email", "type": "string"}, *properties]})


@pytest.fixture
def ensure(hubspot: LiveHubSpot, portal: Portal) -> Callable[[], object]:
    return lambda: hubspot.ensure_properties(portal, GROUP, [USER_ID, STATUS])


@pytest.mark.parametrize("status", [200, 201])
def test_group_first_then_all_missing_in_one_call(
    ensure: Callable[[], None], server: ScriptedServer, status: int
) -> None:
    server.on("GET", PROPERTIES, listing())
    server.on("POST", GROUPS, Reply(201, {"name": "line"}))
    server.on("POST", CREATE, Reply(status, {"results": []}))
    ensure()
    assert [seen.path for seen in server.seen] == [PROPERTIES, GROUPS, CREATE]
    assert server.seen[1].json() == {"name": "line", "label": "LINE"}
    first, second = server.seen[2].json()["inputs"]
    assert first == {
        "name": "line_user_id",
        "label": "LINE User ID",
        "type": "string",
        "fieldType": "text",
        "groupName": "line",
        "description": "Whose LINE it is",
        "formField": False,
    }
    assert second["options"] == [
        {"value": "following", "label": "Following", "displayOrder": 0, "hidden": False},
        {"value": "blocked", "label": "Blocked", "displayOrder": 1, "hidden": False},
    ]


def test_where_all_is_there_one_read_is_all(
    ensure: Callable[[], None], server: ScriptedServer
) -> None:
    server.on("GET", PROPERTIES, listing(THERE, STATUS_THERE))
    ensure()
    assert len(server.seen) == 1


def test_only_what_is_missing_is_created_in_a_group_that_may_exist(
    ensure: Callable[[], None], server: ScriptedServer
) -> None:
    server.on("GET", PROPERTIES, listing(THERE))
    server.on("POST", GROUPS, Reply(409, {"message": "exists"}))
    server.on("POST", CREATE, Reply(201, {"results": []}))
    ensure()
    assert [row["name"] for row in server.seen[-1].json()["inputs"]] == ["line_friend_status"]


@pytest.mark.parametrize(
    ("existing", "words"),
    [
        ({"name": "line_user_id", "type": "number"}, "line_user_id: its type is number"),
        ({**STATUS_THERE, "options": [{"value": "following"}]}, "line_friend_status: it lacks"),
        ({**STATUS_THERE, "type": "string"}, "line_friend_status: its type is string"),
    ],
)
def test_an_unfit_property_is_named(
    ensure: Callable[[], None], server: ScriptedServer, existing: dict[str, Any], words: str
) -> None:
    server.on("GET", PROPERTIES, listing(existing))
    with pytest.raises(GatewayError, match=words) as caught:
        ensure()
    assert (caught.value.reason, caught.value.permanent) == ("invalid", True)
    assert len(server.seen) == 1


def test_properties_made_by_somebody_else_meanwhile_are_adopted(
    ensure: Callable[[], None], server: ScriptedServer
) -> None:
    server.on("GET", PROPERTIES, listing(), listing(THERE, STATUS_THERE))
    server.on("POST", GROUPS, Reply(409))
    server.on("POST", CREATE, Reply(409, {"message": "exists"}))
    ensure()
    assert len(server.sent_to(CREATE)) == 3


def test_errors_in_a_207_are_settled_by_reading_again(
    ensure: Callable[[], None], server: ScriptedServer
) -> None:
    server.on("GET", PROPERTIES, listing(), listing(THERE, STATUS_THERE))
    server.on("POST", GROUPS, Reply(201))
    server.on("POST", CREATE, Reply(207, {"results": [], "errors": [{"message": "exists"}]}))
    ensure()


def test_a_property_that_cannot_be_made_is_named_with_hubspots_words(
    ensure: Callable[[], None], server: ScriptedServer
) -> None:
    def refuse(seen: Seen) -> Reply:
        names = [row["name"] for row in seen.json()["inputs"]]
        if "line_user_id" in names:
            return Reply(400, {"message": "limit of 10 reached"})
        return Reply(201, {"results": []})

    server.on("GET", PROPERTIES, listing(), listing(STATUS_THERE))
    server.on("POST", GROUPS, Reply(201))
    server.on("POST", CREATE, refuse)
    with pytest.raises(GatewayError, match="did not create line_user_id") as caught:
        ensure()
    assert caught.value.details == ("line_user_id: limit of 10 reached",)
