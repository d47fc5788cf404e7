"""Lists of contacts (segments, on HubSpot's pages) and who is in them."""

from collections.abc import Mapping
from typing import Any

from plugin.gateways import ContactList, GatewayError, ListPage, MembershipPage, Portal
from plugin.gateways.hubspot_client import HubSpotTopic, reading

_CONTACTS = "0-1"
_LISTS_A_PAGE = 100
_MEMBERS_A_PAGE = 250


class ListCalls(HubSpotTopic):
    """The lists part of `HubSpotGateway`."""

    def search_lists(self, portal: Portal, query: str, after: str | None = None) -> ListPage:
        """By a part of the name; a page may be shorter than HubSpot's since others are left out."""
        body = {
            "query": query,
            "objectTypeId": _CONTACTS,
            "listIds": [],
            "processingTypes": [],
            "additionalProperties": [],
            "count": _LISTS_A_PAGE,
            "offset": int(after) if after and after.isdecimal() else 0,
        }
        answer = self._portal_api(portal).crm.lists.lists_api.do_search(body)
        with reading():
            lists = tuple(_list(raw) for raw in answer["lists"] if _holds_contacts(raw))
            return ListPage(lists, str(answer["offset"]) if answer.get("hasMore") else None)

    def list_by_id(self, portal: Portal, list_id: str) -> ContactList:
        """`invalid` where the list holds something else than contacts."""
        answer = self._portal_api(portal).crm.lists.lists_api.get_by_id(list_id)
        with reading():
            raw = answer.get("list") or answer  # wrapped or not, by version of the API
            found = _list(raw)
        if not _holds_contacts(raw):
            raise GatewayError(
                f"The list {found.name} does not hold contacts", permanent=True, reason="invalid"
            )
        return found

    def memberships(
        self, portal: Portal, list_id: str, after: str | None, by_join: bool = False
    ) -> MembershipPage:
        """A list that is still processing gives what it has so far."""
        page: dict[str, Any] = {"limit": _MEMBERS_A_PAGE}
        if after:
            page["after"] = after
        api = self._portal_api(portal).crm.lists.memberships_api
        get = api.get_page_ordered_by_added_to_list_date if by_join else api.get_page
        answer = get(list_id, **page)
        with reading():
            ids = tuple(int(raw["recordId"]) for raw in answer["results"])
            total = answer.get("total")
            following = ((answer.get("paging") or {}).get("next") or {}).get("after")
            return MembershipPage(ids, following and str(following), _count(total))


def _holds_contacts(raw: Mapping[str, Any]) -> bool:
    # The search is asked for contacts; a second look costs nothing.
    return str(raw.get("objectTypeId", _CONTACTS)) == _CONTACTS


def _list(raw: Mapping[str, Any]) -> ContactList:
    extra = raw.get("additionalProperties") or {}
    return ContactList(
        list_id=str(raw["listId"]),
        name=str(raw.get("name") or ""),
        size=_count(raw.get("size", extra.get("hs_list_size"))),
        processing_type=str(raw.get("processingType") or ""),
        processing=raw.get("processingStatus") == "PROCESSING",
    )


def _count(value: Any) -> int | None:
    return None if value is None else int(value)
