"""Our contact properties: created where missing, adopted where they are."""

from collections.abc import Mapping, Sequence
from typing import Any

from plugin.gateways import GatewayError, Portal, PropertyDefinition, TextProperty
from plugin.gateways.hubspot_batches import partial_errors, send_or_split
from plugin.gateways.hubspot_client import HubSpotTopic, reading

_TEXT_FIELDS = ("text", "textarea", "phonenumber")


class PropertyCalls(HubSpotTopic):
    """The properties part of `HubSpotGateway`."""

    def ensure_properties(
        self, portal: Portal, group: tuple[str, str], properties: Sequence[PropertyDefinition]
    ) -> tuple[str, ...]:
        """`invalid` where one of ours exists with a type we cannot write to; the text names it."""
        there = self._there(portal)
        _check_fit(properties, there)
        missing = [wanted for wanted in properties if wanted.name not in there]
        if not missing:
            return ()
        self._create_group(portal, group)
        complaints = self._create(portal, group[0], missing)
        if complaints:
            # Somebody may have made them meanwhile: what counts is whether they are there now.
            there = self._there(portal)
            _check_present(missing, there, complaints)
            _check_fit(missing, there)
        return tuple(wanted.name for wanted in missing)

    def text_properties(self, portal: Portal) -> tuple[TextProperty, ...]:
        """Those on one line of text or several; not HubSpot's own calculated or hidden ones."""
        found = [
            TextProperty(name, str(raw.get("label") or name))
            for name, raw in self._there(portal).items()
            if raw.get("type") == "string"
            and raw.get("fieldType") in _TEXT_FIELDS
            and not (raw.get("hidden") or raw.get("calculated") or raw.get("archived"))
        ]
        return tuple(sorted(found, key=lambda one: one.label.lower()))

    def _there(self, portal: Portal) -> dict[str, dict[str, Any]]:
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
    ) -> list[str]:
        """Create in one call, or in as many as leave only the refused ones; HubSpot's words."""
        api = self._portal_api(portal).crm.properties.batch_api
        complaints: list[str] = []

        def send(rows: Sequence[PropertyDefinition]) -> None:
            answer = api.create("contacts", {"inputs": [_body(row, group) for row in rows]})
            with reading(write=True):
                complaints.extend(message for message, _ in partial_errors(answer).values())

        refused = send_or_split(send, missing)
        return complaints + [f"{row.name}: {error.message}" for row, error in refused]


def _body(wanted: PropertyDefinition, group: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": wanted.name,
        "label": wanted.label,
        "type": wanted.type,
        "fieldType": wanted.field_type,
        "groupName": group,
        "description": wanted.description,
        "formField": False,  # nobody fills in a LINE id on a web form
    }
    if wanted.options:
        body["options"] = [
            {"value": value, "label": label, "displayOrder": place, "hidden": False}
            for place, (value, label) in enumerate(wanted.options)
        ]
    return body


def _check_fit(
    properties: Sequence[PropertyDefinition], there: Mapping[str, Mapping[str, Any]]
) -> None:
    wrong = [
        f"{wanted.name}: {problem}"
        for wanted in properties
        if wanted.name in there and (problem := _misfit(wanted, there[wanted.name]))
    ]
    if wrong:
        raise _unfit("These contact properties exist but cannot be used", wrong)


def _misfit(wanted: PropertyDefinition, there: Mapping[str, Any]) -> str:
    if there.get("type") != wanted.type:
        return f"its type is {there.get('type')}, not {wanted.type}"
    with reading():
        values = {option["value"] for option in there.get("options") or ()}
    lacking = [value for value, _ in wanted.options if value not in values]
    return f"it lacks the options {', '.join(lacking)}" if lacking else ""


def _check_present(
    wanted: Sequence[PropertyDefinition],
    there: Mapping[str, Mapping[str, Any]],
    complaints: Sequence[str],
) -> None:
    absent = [row.name for row in wanted if row.name not in there]
    if absent:
        raise _unfit(f"HubSpot did not create {', '.join(absent)}", complaints)


def _unfit(message: str, details: Sequence[str]) -> GatewayError:
    return GatewayError(
        f"{message}: {'; '.join(details)}",
        permanent=True,
        reason="invalid",
        details=tuple(details),
    )
