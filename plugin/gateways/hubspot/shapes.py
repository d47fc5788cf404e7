"""Contact properties' types and labels, and the names of owners."""

from collections.abc import Mapping, Sequence
from typing import Any

from plugin.gateways import ListedProperty, Portal, PropertyShape
from plugin.gateways.hubspot.client import HubSpotTopic, reading
from plugin.gateways.network import parse_rows

_PAGE_SIZE = 500
_MAX_PAGES = 20


class ShapeCalls(HubSpotTopic):
    def listed_properties(self, portal: Portal) -> tuple[ListedProperty, ...]:
        answer = self._portal_api(portal).crm.properties.core_api.get_all("contacts")
        with reading():
            found = [raw for raw in answer["results"] if not raw.get("archived")]
            rows = parse_rows(found, _listed)
        return tuple(sorted(rows, key=lambda row: (row.label.lower(), row.name)))

    def listed_property(self, portal: Portal, name: str) -> ListedProperty:
        answer = self._portal_api(portal).crm.properties.core_api.get_by_name("contacts", name)
        with reading():
            return _listed(answer)

    def property_shapes(self, portal: Portal, names: Sequence[str]) -> tuple[PropertyShape, ...]:
        body = {"archived": False, "inputs": [{"name": name} for name in dict.fromkeys(names)]}
        answer = self._portal_api(portal).crm.properties.batch_api.read("contacts", body)
        with reading():
            return tuple(parse_rows(answer["results"], _shape))

    def owner_names(self, portal: Portal) -> Mapping[str, str]:
        api = self._portal_api(portal).crm.owners.owners_api
        names: dict[str, str] = {}
        cursors: set[str] = set()
        page: dict[str, Any] = {"limit": _PAGE_SIZE}
        for _ in range(_MAX_PAGES):
            answer = api.get_page(**page)
            with reading():
                names.update(parse_rows(answer["results"], _owner))
                after = ((answer.get("paging") or {}).get("next") or {}).get("after")
            # A repeated cursor would never end.
            if not after or str(after) in cursors:
                break
            cursors.add(str(after))
            page["after"] = str(after)
        return names


def _listed(raw: Mapping[str, Any]) -> ListedProperty:
    shape = _shape(raw)
    return ListedProperty(
        name=shape.name,
        label=str(raw.get("label") or shape.name),
        group=str(raw.get("groupName") or ""),
        type=shape.type,
        field_type=shape.field_type,
        options=tuple(shape.labels.items()),
        of_owners=shape.of_owners,
        hidden=bool(raw.get("hidden")),
    )


def _shape(raw: Mapping[str, Any]) -> PropertyShape:
    options = [option for option in raw.get("options") or () if isinstance(option, dict)]
    return PropertyShape(
        name=str(raw["name"]),
        type=str(raw.get("type") or ""),
        field_type=str(raw.get("fieldType") or ""),
        labels={
            str(option["value"]): str(option.get("label") or option["value"])
            for option in options
            if option.get("value") is not None
        },
        of_owners=str(raw.get("referencedObjectType") or "").upper() == "OWNER",
    )


def _owner(raw: Mapping[str, Any]) -> tuple[str, str]:
    parts = (str(raw.get(name) or "").strip() for name in ("firstName", "lastName"))
    # The e-mail address stands in where there is no name.
    full_name = " ".join(filter(None, parts))
    return str(raw["id"]), full_name or str(raw.get("email") or "").strip()
