"""hubspot-api-client itself against the stand-in, its numbered paths turned into dated ones."""

from typing import Any

import hubspot
import pytest

from tests.sandbox.hubspot.rig import ALICE, BOB, Client

DATED = {
    "/crm/v3/objects/contacts": "/crm/objects/2026-09/contacts",
    "/crm/v3/properties": "/crm/properties/2026-09",
    "/crm/v3/lists": "/crm/lists/2026-09",
}


def dated(path: str) -> str:
    """The 2026-09 form of one of the client's path templates."""
    old = next(prefix for prefix in DATED if path.startswith(prefix))
    return (DATED[old] + path.removeprefix(old)).rstrip("/")


@pytest.fixture
def sdk(installed: Client) -> Any:
    """The real client with the portal's token."""

    def factory(package: Any, api_name: str, _config: dict[str, Any]) -> Any:
        configuration = package.Configuration()
        configuration.host = f"{installed.config.base_url}/hubspot-api"
        configuration.access_token = installed.token
        api_client = package.ApiClient(configuration)
        call = api_client.call_api
        api_client.call_api = lambda path, *args, **more: call(dated(path), *args, **more)
        return getattr(package, api_name)(api_client=api_client)

    return hubspot.HubSpot(api_factory=factory)


def test_contacts(sdk: Any) -> None:
    batch = {"inputs": [{"id": ALICE}, {"id": BOB}], "properties": ["email"]}
    found = sdk.crm.contacts.batch_api.read({**batch, "propertiesWithHistory": []})
    assert {one.properties["email"] for one in found.results} == {
        "alice@example.com",
        "bob@example.com",
    }
    made = sdk.crm.contacts.basic_api.create({"properties": {"email": "dora@example.com"}})
    assert made.created_at.year >= 2026
    with pytest.raises(hubspot.crm.contacts.exceptions.ApiException) as refused:
        sdk.crm.contacts.basic_api.create({"properties": {"email": "dora@example.com"}})
    assert refused.value.status == 409
    wanted = {"propertyName": "email", "operator": "EQ", "value": "bob@example.com"}
    searched = sdk.crm.contacts.search_api.do_search({"filterGroups": [{"filters": [wanted]}]})
    assert searched.results[0].id == BOB


def test_properties(sdk: Any) -> None:
    group = sdk.crm.properties.groups_api.create("contacts", {"name": "line", "label": "LINE"})
    assert group.name == "line"
    one = {"name": "line_tags", "label": "LINE tags", "type": "string", "fieldType": "text"}
    made = sdk.crm.properties.core_api.create("contacts", {**one, "groupName": "line"})
    assert made.group_name == "line"
    names = {found.name for found in sdk.crm.properties.core_api.get_all("contacts").results}
    assert {"email", "line_tags"} <= names


def test_lists(sdk: Any) -> None:
    asked = {"listIds": [], "processingTypes": [], "offset": 0, "additionalProperties": []}
    page = sdk.crm.lists.lists_api.do_search(asked)
    assert (page.lists[0].name, page.has_more) == ("All contacts", False)
    assert sdk.crm.lists.lists_api.get_by_id(page.lists[0].list_id).list.size == 3
    members = sdk.crm.lists.memberships_api.get_page(page.lists[0].list_id, limit=2)
    assert [one.record_id for one in members.results] == [ALICE, BOB]
    assert members.paging.next.after == BOB
