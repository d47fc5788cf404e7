"""Contact updates that leave out only the properties HubSpot refuses."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from plugin.gateways import ContactBatch, ContactRecord, PropertyFault
from plugin.gateways.hubspot.batches import partial_errors, partial_faults, send_or_split
from plugin.gateways.hubspot.client import reading
from plugin.gateways.hubspot.errors import HubSpotRefusal
from plugin.gateways.hubspot.property_faults import STRUCTURAL, Faults, names_of
from plugin.gateways.network import parse_rows

# HubSpot may name one bad property at a time.
ROUNDS = 5
Row = dict[str, Any]


class ContactWriting:
    def __init__(self, batch_api: Any) -> None:
        self._batch_api = batch_api
        self._records: list[ContactRecord] = []
        self._missing: list[str] = []
        self._errors: dict[str, str] = {}
        self._faults: dict[str, dict[str, PropertyFault]] = {}

    def write(self, rows: Sequence[Row]) -> ContactBatch:
        """Write the rows, again without each property that HubSpot refuses."""
        for left in reversed(range(ROUNDS)):
            for row, error in send_or_split(self._send, rows):
                self._refuse(row["id"], error.message, missing=error.reason == "not_found")
                if isinstance(error, HubSpotRefusal):
                    self._fault([row], error.faults)
            rows = self._rest(rows) if left else ()
            if not rows:
                break
        faults = {name: tuple(of.values()) for name, of in self._faults.items()}
        return ContactBatch(tuple(self._records), tuple(self._missing), self._errors, faults)

    def _send(self, rows: Sequence[Row]) -> None:
        try:
            answer = self._batch_api.update({"inputs": list(rows)})
        except HubSpotRefusal as error:
            # No row has these properties any more; halving the batch would find nothing else.
            structural = tuple(fault for fault in error.faults if fault.kind in STRUCTURAL)
            rest = without_properties(rows, structural)
            if rest == list(rows):
                raise
            self._fault(rows, structural)
            if rest := [row for row in rest if row["properties"]]:
                self._send(rest)
            return
        with reading(write=True):
            written = parse_rows(answer["results"], record_of)
            named, faults = partial_errors(answer), partial_faults(answer)
        self._records += written
        self._note_errors(rows, written, named)
        for row in rows:
            self._fault([row], faults.get(row["id"], faults.get("", ())))

    def _refuse(self, contact_id: str, message: str, *, missing: bool) -> None:
        self._errors[contact_id] = message
        if missing:
            self._missing.append(contact_id)

    def _fault(self, rows: Sequence[Row], faults: Faults) -> None:
        for row in rows:
            for fault in faults:
                if fault.name in row["properties"]:
                    self._faults.setdefault(row["id"], {})[fault.name] = fault

    def _rest(self, rows: Sequence[Row]) -> list[Row]:
        rest = []
        for row in rows:
            faults = self._faults.get(row["id"], {})
            names = set(faults) & set(row["properties"])
            if row["id"] not in self._errors or not names:
                continue
            # The row is sent once more, so it is not refused yet.
            del self._errors[row["id"]]
            (smaller,) = without_properties([row], faults.values())
            if smaller["properties"]:
                rest.append(smaller)
        return rest

    def _note_errors(
        self,
        rows: Sequence[Row],
        written: Sequence[ContactRecord],
        named: Mapping[str, tuple[str, bool]],
    ) -> None:
        done = {str(record.contact_id) for record in written}
        for row in rows:
            # An error without an id belongs to the rows that have no result.
            message, missing = named.get(row["id"], named.get("", ("", False)))
            if message and row["id"] not in done:
                self._refuse(row["id"], message, missing=missing)


def without_properties(rows: Sequence[Row], faults: Iterable[PropertyFault]) -> list[Row]:
    names = names_of(faults)
    return [
        {
            **row,
            "properties": {name: v for name, v in row["properties"].items() if name not in names},
        }
        for row in rows
    ]


def record_of(raw: Mapping[str, Any]) -> ContactRecord:
    properties = raw.get("properties") or {}
    return ContactRecord(
        int(raw["id"]),
        {name: text_value(value) for name, value in properties.items()},
    )


def text_value(value: Any) -> str | None:
    # Responses have other types too, but HubSpot stores text: `a;b`, `true`.
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list):
        return ";".join(filter(None, map(text_value, value)))
    return str(value).lower() if isinstance(value, bool) else str(value)
