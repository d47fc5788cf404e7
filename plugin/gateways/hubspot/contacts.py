"""Contacts: read, search, create, update."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from plugin.gateways import (
    ContactBatch,
    ContactRecord,
    ContactUpdate,
    ModifiedPage,
    Portal,
    PropertiesError,
)
from plugin.gateways.hubspot.batches import partial_errors
from plugin.gateways.hubspot.client import Caller, HubSpotTopic, reading
from plugin.gateways.hubspot.contact_writing import ContactWriting, record_of, text_value
from plugin.gateways.hubspot.errors import HubSpotRefusal
from plugin.gateways.hubspot.paths import VISITORS
from plugin.gateways.network import parse_rows

_VISITOR_PROPERTIES = ("email", "firstname", "lastname")
_PAGE_SIZE = 200  # the search's largest page


class ContactCalls(HubSpotTopic):
    def read_contacts(
        self,
        portal: Portal,
        ids: Sequence[str],
        properties: Sequence[str],
        id_property: str | None = None,
    ) -> ContactBatch:
        unique_ids = list(dict.fromkeys(ids))
        if not unique_ids:
            return ContactBatch(())
        body: dict[str, Any] = {
            "inputs": [{"id": contact_id} for contact_id in unique_ids],
            "properties": list(properties),
            "propertiesWithHistory": [],
        }
        if id_property:
            body["idProperty"] = id_property
        answer = self._portal_api(portal).crm.contacts.batch_api.read(body)
        with reading():
            records = tuple(parse_rows(answer["results"], record_of))
            # A contact may be found by a secondary e-mail address, so only HubSpot knows who is
            # missing.
            missing = _missing(answer, () if id_property else unique_ids, records)
            return ContactBatch(records, missing, _unclear_errors(answer, missing))

    def search_contacts(
        self, portal: Portal, filters: Mapping[str, str], properties: Sequence[str], limit: int = 10
    ) -> tuple[ContactRecord, ...]:
        equal = [
            {"propertyName": name, "operator": "EQ", "value": value}
            for name, value in filters.items()
        ]
        body = {
            "filterGroups": [{"filters": equal}],
            "sorts": [],  # required by HubSpot's description, like the arrays above
            "properties": list(properties),
            "limit": limit,
        }
        return self._search(portal, body)

    def find_contacts(
        self, portal: Portal, words: str, properties: Sequence[str], limit: int
    ) -> tuple[ContactRecord, ...]:
        empty: dict[str, Any] = {"filterGroups": [], "sorts": []}
        names = list(properties)
        return self._search(portal, {**empty, "query": words, "properties": names, "limit": limit})

    def _search(self, portal: Portal, body: dict[str, Any]) -> tuple[ContactRecord, ...]:
        answer = self._client.api(Caller.searching(portal)).crm.contacts.search_api.do_search(body)
        with reading():
            return tuple(parse_rows(answer["results"], record_of))

    def modified_contacts(
        self, portal: Portal, since: datetime, properties: Sequence[str], after: str | None
    ) -> ModifiedPage:
        body: dict[str, Any] = {
            "filterGroups": [{"filters": [_changed(since)]}],
            "sorts": [{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}],
            "properties": list(properties),
            "limit": _PAGE_SIZE,
        }
        if after:
            body["after"] = after
        answer = self._client.api(Caller.searching(portal)).crm.contacts.search_api.do_search(body)
        with reading():
            records = tuple(parse_rows(answer["results"], record_of))
            following = ((answer.get("paging") or {}).get("next") or {}).get("after")
            total = int(answer.get("total") or len(records))
            return ModifiedPage(records, following and str(following), total)

    def contacts_holding(
        self, portal: Portal, name: str, since: datetime, after: int
    ) -> tuple[int, ...]:
        # Paged by record id, since the search pages no further than 10,000.
        held = {"propertyName": name, "operator": "HAS_PROPERTY"}
        further = {"propertyName": "hs_object_id", "operator": "GT", "value": str(after)}
        body = {
            "filterGroups": [{"filters": [held, further, _changed(since)]}],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": ["hs_object_id"],
            "limit": _PAGE_SIZE,
        }
        answer = self._client.api(Caller.searching(portal)).crm.contacts.search_api.do_search(body)
        with reading():
            return tuple(parse_rows(answer["results"], lambda raw: int(raw["id"])))

    def contact_of_visitor(self, portal: Portal, visitor: str) -> ContactRecord | None:
        query = [("utk", visitor), *(("property", name) for name in _VISITOR_PROPERTIES)]
        answer = self._client.direct(Caller.of(portal), "GET", VISITORS, query=query)
        with reading():
            # Unknown visitors are left out; those who are no contacts are marked.
            profile = answer[visitor] if answer and visitor in answer else None
            if not profile or not profile.get("is-contact"):
                return None
            values = {name: _old_value(profile, name) for name in _VISITOR_PROPERTIES}
            return ContactRecord(int(profile.get("canonical-vid") or profile["vid"]), values)

    def create_contact(self, portal: Portal, properties: Mapping[str, str]) -> ContactRecord:
        """Raise `conflict` where a contact has this e-mail address, and `PropertiesError`."""
        body = {"properties": dict(properties), "associations": []}
        try:
            answer = self._portal_api(portal).crm.contacts.basic_api.create(body)
        except HubSpotRefusal as error:
            if not error.faults:
                raise
            raise PropertiesError(error.message, error.faults) from None
        with reading(write=True):
            return record_of(answer)

    def update_contacts(self, portal: Portal, updates: Sequence[ContactUpdate]) -> ContactBatch:
        writing = ContactWriting(self._portal_api(portal).crm.contacts.batch_api)
        return writing.write(_merged(updates))


def _changed(since: datetime) -> dict[str, str]:
    moment = str(int(since.timestamp() * 1000))
    return {"propertyName": "lastmodifieddate", "operator": "GTE", "value": moment}


def _merged(updates: Sequence[ContactUpdate]) -> list[dict[str, Any]]:
    # One row per contact: HubSpot may refuse a batch that names a contact twice.
    by_id: dict[int, dict[str, str]] = {}
    for update in updates:
        by_id.setdefault(update.contact_id, {}).update(update.properties)
    # With `objectWriteTraceId` errors come per row instead of for the whole batch.
    return [
        {"id": str(contact_id), "properties": properties, "objectWriteTraceId": str(contact_id)}
        for contact_id, properties in by_id.items()
    ]


def _missing(
    answer: Mapping[str, Any], requested: Sequence[str], records: Sequence[ContactRecord]
) -> tuple[str, ...]:
    returned = {str(record.contact_id) for record in records}
    named = [name for name in partial_errors(answer) if name]
    return tuple(dict.fromkeys([*named, *(name for name in requested if name not in returned)]))


def _unclear_errors(answer: Mapping[str, Any], missing: Sequence[str]) -> dict[str, str]:
    named = partial_errors(answer)
    # An error without an id concerns all contacts that were left out.
    unnamed = named.get("", ("HubSpot left it out of its answer", False))
    errors = {name: named.get(name, unnamed) for name in missing}
    return {name: message for name, (message, not_found) in errors.items() if not not_found}


def _old_value(profile: Mapping[str, Any], name: str) -> str | None:
    # The numbered API wraps each value: `{"value": ...}`.
    return text_value((profile["properties"].get(name) or {}).get("value"))
