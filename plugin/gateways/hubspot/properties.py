"""Musubi's contact properties: created where missing, adopted where they exist."""

from collections.abc import Mapping, Sequence
from typing import Any

from plugin.gateways import (
    GatewayError,
    Portal,
    PropertiesError,
    PropertyDefinition,
    PropertyFault,
    TextProperty,
)
from plugin.gateways.hubspot.batches import partial_errors, send_or_split
from plugin.gateways.hubspot.client import HubSpotTopic, reading

_TEXT_FIELDS = ("text", "textarea", "phonenumber")


class PropertyCalls(HubSpotTopic):
    def ensure_properties(
        self, portal: Portal, group: tuple[str, str], properties: Sequence[PropertyDefinition]
    ) -> tuple[str, ...]:
        existing = self._existing(portal)
        _check_fit(properties, existing)
        missing = [definition for definition in properties if definition.name not in existing]
        if not missing:
            return ()
        self._create_group(portal, group)
        complaints = self._create(portal, group[0], missing)
        if complaints:
            # Another process may have created them meanwhile, so only their existence now counts.
            existing = self._existing(portal)
            _check_present(missing, existing, complaints)
            _check_fit(missing, existing, [definition.name for definition in missing])
        return tuple(definition.name for definition in missing)

    def property_faults(
        self, portal: Portal, properties: Sequence[PropertyDefinition]
    ) -> tuple[PropertyFault, ...]:
        existing = self._existing(portal)
        missing = [row.name for row in properties if row.name not in existing]
        faults = [PropertyFault(name, "missing", "") for name in missing]
        return (*faults, *_unfit(properties, existing))

    def text_properties(self, portal: Portal) -> tuple[TextProperty, ...]:
        properties = [
            TextProperty(name, str(raw.get("label") or name))
            for name, raw in self._existing(portal).items()
            if raw.get("type") == "string"
            and raw.get("fieldType") in _TEXT_FIELDS
            and not (raw.get("hidden") or raw.get("calculated") or raw.get("archived"))
        ]
        return tuple(sorted(properties, key=lambda text_property: text_property.label.lower()))

    def property_names(self, portal: Portal) -> frozenset[str]:
        return frozenset(self._existing(portal))

    def _existing(self, portal: Portal) -> dict[str, dict[str, Any]]:
        answer = self._portal_api(portal).crm.properties.core_api.get_all("contacts")
        with reading():
            return {str(raw["name"]): dict(raw) for raw in answer["results"]}

    def _create_group(self, portal: Portal, group: tuple[str, str]) -> None:
        body = {"name": group[0], "label": group[1]}
        try:
            self._portal_api(portal).crm.properties.groups_api.create("contacts", body)
        except GatewayError as error:
            if error.reason != "conflict":
                raise

    def _create(
        self, portal: Portal, group: str, missing: Sequence[PropertyDefinition]
    ) -> dict[str, str]:
        api = self._portal_api(portal).crm.properties.batch_api
        complaints: dict[str, str] = {}

        def send(rows: Sequence[PropertyDefinition]) -> None:
            answer = api.create("contacts", {"inputs": [_body(row, group) for row in rows]})
            with reading(write=True):
                complaints.update(
                    {name: message for name, (message, _) in partial_errors(answer).items()}
                )

        refused = send_or_split(send, missing)
        return complaints | {row.name: error.message for row, error in refused}


def _body(definition: PropertyDefinition, group: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": definition.name,
        "label": definition.label,
        "type": definition.type,
        "fieldType": definition.field_type,
        "groupName": group,
        "description": definition.description,
        "formField": False,  # no web form asks for a LINE user ID
    }
    if definition.options:
        body["options"] = [
            {"value": value, "label": label, "displayOrder": order, "hidden": False}
            for order, (value, label) in enumerate(definition.options)
        ]
    return body


def _check_fit(
    properties: Sequence[PropertyDefinition],
    existing: Mapping[str, Mapping[str, Any]],
    created: Sequence[str] = (),
) -> None:
    faults = _unfit(properties, existing)
    if faults:
        raise _fault_error("These contact properties exist but cannot be used", faults, created)


def _unfit(
    properties: Sequence[PropertyDefinition], existing: Mapping[str, Mapping[str, Any]]
) -> list[PropertyFault]:
    return [
        fault
        for row in properties
        if row.name in existing and (fault := _fault_of(row, existing[row.name]))
    ]


def _fault_of(definition: PropertyDefinition, existing: Mapping[str, Any]) -> PropertyFault | None:
    if existing.get("type") != definition.type:
        message = f"its type is {existing.get('type')}, not {definition.type}"
        return PropertyFault(definition.name, "unfit", message)
    with reading():
        values = {option["value"] for option in existing.get("options") or ()}
        read_only = (existing.get("modificationMetadata") or {}).get("readOnlyValue")
    if read_only:
        return PropertyFault(definition.name, "read_only", "")
    lacking = [value for value, _ in definition.options if value not in values]
    message = f"it lacks the options {', '.join(lacking)}"
    return PropertyFault(definition.name, "unfit", message) if lacking else None


def _check_present(
    definitions: Sequence[PropertyDefinition],
    existing: Mapping[str, Mapping[str, Any]],
    complaints: Mapping[str, str],
) -> None:
    absent = [definition.name for definition in definitions if definition.name not in existing]
    if absent:
        every = "; ".join(complaints.values())
        faults = [PropertyFault(name, "missing", complaints.get(name) or every) for name in absent]
        created = [definition.name for definition in definitions if definition.name in existing]
        raise _fault_error(f"HubSpot did not create {', '.join(absent)}", faults, created)


def _fault_error(
    message: str, faults: Sequence[PropertyFault], created: Sequence[str] = ()
) -> PropertiesError:
    messages = "; ".join(f"{fault.name}: {fault.words}" for fault in faults)
    return PropertiesError(f"{message}: {messages}", tuple(faults), tuple(created))
