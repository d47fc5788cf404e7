"""Contacts: read, search, create, update."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from plugin.gateways import ContactBatch, ContactRecord, ContactUpdate, ModifiedPage, Portal
from plugin.gateways.hubspot_batches import partial_errors, send_or_split
from plugin.gateways.hubspot_client import Caller, HubSpotTopic, reading
from plugin.gateways.hubspot_paths import VISITORS

_NAMED = ("email", "firstname", "lastname")
_MOST_A_PAGE = 200  # the search's largest page


class ContactCalls(HubSpotTopic):
    """The contacts part of `HubSpotGateway`. Record ids are int64."""

    def read_contacts(
        self,
        portal: Portal,
        ids: Sequence[str],
        properties: Sequence[str],
        id_property: str | None = None,
    ) -> ContactBatch:
        """By record id, `missing` has every id not found; else those that HubSpot names.

        Of those, `errors` has the ones that HubSpot does not plainly call missing.
        """
        asked = list(dict.fromkeys(ids))
        if not asked:
            return ContactBatch(())
        body: dict[str, Any] = {
            "inputs": [{"id": name} for name in asked],
            "properties": list(properties),
            "propertiesWithHistory": [],
        }
        if id_property:
            body["idProperty"] = id_property
        answer = self._portal_api(portal).crm.contacts.batch_api.read(body)
        with reading():
            records = tuple(_record(raw) for raw in answer["results"])
            # By e-mail a contact may answer to a second address, so only HubSpot can tell.
            missing = _missing(answer, () if id_property else asked, records)
            return ContactBatch(records, missing, _unsure(answer, missing))

    def search_contacts(
        self, portal: Portal, filters: Mapping[str, str], properties: Sequence[str], limit: int = 10
    ) -> tuple[ContactRecord, ...]:
        """At most 200, of the first page. 5 a second for all apps of a portal together."""
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
        answer = self._client.api(Caller.searching(portal)).crm.contacts.search_api.do_search(body)
        with reading():
            return tuple(_record(raw) for raw in answer["results"])

    def modified_contacts(
        self, portal: Portal, since: datetime, properties: Sequence[str], after: str | None
    ) -> ModifiedPage:
        """The index lags behind writes, so `since` should lie some minutes back."""
        body: dict[str, Any] = {
            "filterGroups": [{"filters": [_changed(since)]}],
            "sorts": [{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}],
            "properties": list(properties),
            "limit": _MOST_A_PAGE,
        }
        if after:
            body["after"] = after
        answer = self._client.api(Caller.searching(portal)).crm.contacts.search_api.do_search(body)
        with reading():
            records = tuple(_record(raw) for raw in answer["results"])
            following = ((answer.get("paging") or {}).get("next") or {}).get("after")
            total = int(answer.get("total") or len(records))
            return ModifiedPage(records, following and str(following), total)

    def contacts_holding(
        self, portal: Portal, name: str, since: datetime, after: int
    ) -> tuple[int, ...]:
        """By record id, since the search pages no further than 10,000."""
        held = {"propertyName": name, "operator": "HAS_PROPERTY"}
        further = {"propertyName": "hs_object_id", "operator": "GT", "value": str(after)}
        body = {
            "filterGroups": [{"filters": [held, further, _changed(since)]}],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": ["hs_object_id"],
            "limit": _MOST_A_PAGE,
        }
        answer = self._client.api(Caller.searching(portal)).crm.contacts.search_api.do_search(body)
        with reading():
            return tuple(int(raw["id"]) for raw in answer["results"])

    def contact_of_visitor(self, portal: Portal, visitor: str) -> ContactRecord | None:
        """HubSpot leaves out whom it does not know; visitors who are no contacts it marks."""
        query = [("utk", visitor), *(("property", name) for name in _NAMED)]
        answer = self._client.direct(Caller.of(portal), "GET", VISITORS, query=query)
        with reading():
            found = answer[visitor] if answer and visitor in answer else None
            if not found or not found.get("is-contact"):
                return None
            values = {name: _plain(found, name) for name in _NAMED}
            return ContactRecord(int(found.get("canonical-vid") or found["vid"]), values)

    def create_contact(self, portal: Portal, properties: Mapping[str, str]) -> ContactRecord:
        """`conflict` where a contact with this e-mail exists."""
        body = {"properties": dict(properties), "associations": []}
        answer = self._portal_api(portal).crm.contacts.basic_api.create(body)
        with reading(write=True):
            return _record(answer)

    def update_contacts(self, portal: Portal, updates: Sequence[ContactUpdate]) -> ContactBatch:
        """Rows of the same contact are merged, the later properties win. `errors` has every
        refused id; those that no longer exist are in `missing` too."""
        batch = _Updating(self._portal_api(portal).crm.contacts.batch_api)
        refused = send_or_split(batch.send, _merged(updates))
        for row, error in refused:
            batch.refuse(row["id"], error.message, missing=error.reason == "not_found")
        return ContactBatch(tuple(batch.records), tuple(batch.missing), batch.errors)


class _Updating:
    """What one update, in however many calls, has done so far."""

    def __init__(self, batch_api: Any) -> None:
        self._batch_api = batch_api
        self.records: list[ContactRecord] = []
        self.missing: list[str] = []
        self.errors: dict[str, str] = {}

    def refuse(self, contact_id: str, message: str, *, missing: bool) -> None:
        self.errors[contact_id] = message
        if missing:
            self.missing.append(contact_id)

    def send(self, rows: Sequence[dict[str, Any]]) -> None:
        answer = self._batch_api.update({"inputs": list(rows)})
        with reading(write=True):
            written = [_record(raw) for raw in answer["results"]]
            named = partial_errors(answer)
        self.records += written
        self._note_errors(rows, written, named)

    def _note_errors(
        self,
        rows: Sequence[dict[str, Any]],
        written: Sequence[ContactRecord],
        named: Mapping[str, tuple[str, bool]],
    ) -> None:
        """An error without a name belongs to whichever row has no result."""
        done = {str(record.contact_id) for record in written}
        for row in rows:
            message, missing = named.get(row["id"], named.get("", ("", False)))
            if message and row["id"] not in done:
                self.refuse(row["id"], message, missing=missing)


def _changed(since: datetime) -> dict[str, str]:
    moment = str(int(since.timestamp() * 1000))
    return {"propertyName": "lastmodifieddate", "operator": "GTE", "value": moment}


def _merged(updates: Sequence[ContactUpdate]) -> list[dict[str, Any]]:
    """One input a contact: HubSpot may refuse a batch that names one twice.

    With `objectWriteTraceId` errors come back row by row instead of for the whole batch.
    """
    by_id: dict[int, dict[str, str]] = {}
    for update in updates:
        by_id.setdefault(update.contact_id, {}).update(update.properties)
    return [
        {"id": str(number), "properties": properties, "objectWriteTraceId": str(number)}
        for number, properties in by_id.items()
    ]


def _missing(
    answer: Mapping[str, Any], asked: Sequence[str], records: Sequence[ContactRecord]
) -> tuple[str, ...]:
    found = {str(record.contact_id) for record in records}
    named = [name for name in partial_errors(answer) if name]
    return tuple(dict.fromkeys([*named, *(name for name in asked if name not in found)]))


def _unsure(answer: Mapping[str, Any], missing: Sequence[str]) -> dict[str, str]:
    """An error without a name is about all that were left out."""
    named = partial_errors(answer)
    silent = named.get("", ("HubSpot left it out of its answer", False))
    told = {name: named.get(name, silent) for name in missing}
    return {name: message for name, (message, not_found) in told.items() if not not_found}


def _record(raw: Mapping[str, Any]) -> ContactRecord:
    properties = raw.get("properties") or {}
    return ContactRecord(
        int(raw["id"]),
        {name: None if value is None else str(value) for name, value in properties.items()},
    )


def _plain(found: Mapping[str, Any], name: str) -> str | None:
    """A property of the old form, `{"value": ...}`."""
    value = (found["properties"].get(name) or {}).get("value")
    return None if value is None else str(value)
