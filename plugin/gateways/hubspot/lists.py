"""Lists of contacts (segments, on HubSpot's pages) and their members."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from plugin.gateways import (
    ContactList,
    GatewayError,
    ListPage,
    ListsOfContacts,
    MembershipPage,
    Portal,
)
from plugin.gateways.hubspot.client import Caller, HubSpotTopic, reading
from plugin.gateways.hubspot.paths import LISTS_OF_RECORDS
from plugin.gateways.network import parse_rows

_CONTACTS = "0-1"
_LIST_PAGE_SIZE = 100
_MEMBER_PAGE_SIZE = 250


class ListCalls(HubSpotTopic):
    def search_lists(self, portal: Portal, query: str, after: str | None = None) -> ListPage:
        body = {
            "query": query,
            "objectTypeId": _CONTACTS,
            "listIds": [],
            "processingTypes": [],
            "additionalProperties": [],
            "count": _LIST_PAGE_SIZE,
            "offset": int(after) if after and after.isdecimal() else 0,
        }
        answer = self._portal_api(portal).crm.lists.lists_api.do_search(body)
        with reading():
            # Lists of other objects are left out, so a page may be shorter than HubSpot's.
            lists = parse_rows([raw for raw in answer["lists"] if _holds_contacts(raw)], _list)
            return ListPage(tuple(lists), str(answer["offset"]) if answer.get("hasMore") else None)

    def list_by_id(self, portal: Portal, list_id: str) -> ContactList:
        """Raise `invalid` where the list does not hold contacts."""
        answer = self._portal_api(portal).crm.lists.lists_api.get_by_id(list_id)
        with reading():
            raw = answer.get("list") or answer  # wrapped or not, depending on the API version
            listed = _list(raw)
        if not _holds_contacts(raw):
            raise GatewayError(
                f"The list {listed.name} does not hold contacts", permanent=True, reason="invalid"
            )
        return listed

    def list_by_name(self, portal: Portal, name: str) -> ContactList | None:
        try:
            answer = self._portal_api(portal).crm.lists.lists_api.get_by_name(name, _CONTACTS)
        except GatewayError as error:
            if error.reason == "not_found":
                return None
            raise
        with reading():
            return _list(answer.get("list") or answer)

    def create_list(self, portal: Portal, name: str) -> ContactList:
        body = {"name": name, "objectTypeId": _CONTACTS, "processingType": "MANUAL"}
        answer = self._portal_api(portal).crm.lists.lists_api.create(body)
        with reading():
            return _list(answer.get("list") or answer)

    def add_to_list(
        self, portal: Portal, list_id: str, contact_ids: Sequence[int]
    ) -> tuple[str, ...]:
        api = self._portal_api(portal).crm.lists.memberships_api
        answer = api.add(list_id, [str(contact_id) for contact_id in contact_ids])
        with reading():
            return tuple(map(str, answer.get("recordIdsMissing") or ()))

    def memberships(
        self, portal: Portal, list_id: str, after: str | None, by_join: bool = False
    ) -> MembershipPage:
        page: dict[str, Any] = {"limit": _MEMBER_PAGE_SIZE}
        if after:
            page["after"] = after
        api = self._portal_api(portal).crm.lists.memberships_api
        get = api.get_page_ordered_by_added_to_list_date if by_join else api.get_page
        answer = get(list_id, **page)
        with reading():
            members = parse_rows(answer["results"], _member)
            ids = tuple(contact_id for contact_id, _ in members)
            joined = {contact_id: at for contact_id, at in members if at is not None}
            total = answer.get("total")
            following = ((answer.get("paging") or {}).get("next") or {}).get("after")
            return MembershipPage(ids, following and str(following), _count(total), joined)

    def lists_of_contacts(self, portal: Portal, contact_ids: Sequence[int]) -> ListsOfContacts:
        inputs = [{"objectTypeId": _CONTACTS, "recordId": str(row)} for row in contact_ids]
        body = {"inputs": inputs}
        answer = self._client.direct(Caller.of(portal), "POST", LISTS_OF_RECORDS, body=body)
        with reading():
            return dict(parse_rows((answer or {})["results"], _lists_of))


def _member(raw: Mapping[str, Any]) -> tuple[int, datetime | None]:
    return int(raw["recordId"]), _moment(raw.get("membershipTimestamp"))


def _lists_of(raw: Mapping[str, Any]) -> tuple[int, dict[str, datetime | None]]:
    rows = raw.get("recordListMemberships") or ()
    lists = {str(row["listId"]): _moment(row.get("lastAddedTimestamp")) for row in rows}
    return int(raw["recordId"]), lists


def _moment(value: Any) -> datetime | None:
    # A list's time of joining is worth little without the member, but not the reverse.
    with suppress(TypeError, ValueError):
        moment = datetime.fromisoformat(str(value))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _holds_contacts(raw: Mapping[str, Any]) -> bool:
    # The search already asks for contacts only; checking again costs nothing.
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
