"""HubSpot's definitions of properties in messages, read when needed and cached for ten minutes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import structlog

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError, Portal, PropertyShape
from plugin.models.base import db
from plugin.models.connections.installation import Installation
from plugin.models.people.known_property import KnownProperty
from plugin.models.sql import insert_or
from plugin.models.system.audit_entry import apart_from_deed
from plugin.models.transaction import transaction
from plugin.services import Dependencies

log = structlog.get_logger()
AGE, AGAIN, ZONE_AGE = timedelta(minutes=10), timedelta(minutes=1), timedelta(hours=1)
# HubSpot's text properties that most messages use; they need no definition.
PLAIN = frozenset({"email", "firstname", "lastname"})
OWNERS, PORTAL = "@owners", "@portal"
OWNER_SCOPE = "crm.objects.owners.read"
Rows = list[dict[str, Any]]
CachedProperties = dict[str, KnownProperty]


class Shapes(NamedTuple):
    """How to show values. `owners`: names by owner id; `zone`: the portal's IANA zone."""

    properties: Mapping[str, PropertyShape]
    owners: Mapping[str, str]
    zone: str


def shapes_for(
    deps: Dependencies,
    access: Portal,
    installation: Installation,
    values: Mapping[str, set[str]],
) -> Shapes:
    """Return the definitions that show these `values` (by property, none of them empty). Raise
    `GatewayError` to be retried where HubSpot cannot be asked and nothing is cached."""
    reader = _PropertyReader(deps, access, installation)
    names = [name for name in values if name not in PLAIN and len(name) <= 100]
    cached = reader.properties(names, values)
    shapes = {name: _shape(cached[name]) for name in names if name in cached}
    ids = {value for name, shape in shapes.items() if shape.of_owners for value in values[name]}
    owners = reader.owners({part for value in ids for part in value.split(";")})
    dated = any(shape.type == "datetime" for shape in shapes.values())
    return Shapes(shapes, owners, reader.zone() if dated else installation.time_zone)


class _PropertyReader:
    def __init__(self, deps: Dependencies, access: Portal, installation: Installation) -> None:
        self.hubspot, self.access = deps.gateways.hubspot, access
        self.installation, self.now = installation, utcnow()

    def properties(self, names: Sequence[str], values: Mapping[str, set[str]]) -> CachedProperties:
        cached = KnownProperty.named(self.installation.id, names)
        stale = [name for name in names if self._is_stale(cached.get(name), values[name])]

        def read_rows() -> Rows:
            shapes = {
                shape.name: shape for shape in self.hubspot.property_shapes(self.access, stale)
            }
            return [_row(shapes.get(name) or PropertyShape(name, "", "")) for name in stale]

        return self._refreshed(cached, stale, read_rows)

    def owners(self, ids: set[str]) -> Mapping[str, str]:
        # The portal may not have granted the scope; then owners have no names.
        if not ids or OWNER_SCOPE not in self.installation.scopes:
            return {}
        cached = KnownProperty.named(self.installation.id, [OWNERS])
        stale = [OWNERS] if self._lacks(cached.get(OWNERS), ids) else []

        def read_rows() -> Rows:
            names = dict(self.hubspot.owner_names(self.access))
            return [_row(PropertyShape(OWNERS, "", "", names))]

        cached = self._refreshed(cached, stale, read_rows)
        return cached[OWNERS].labels if OWNERS in cached else {}

    def zone(self) -> str:
        cached = KnownProperty.named(self.installation.id, [PORTAL])
        stale = [PORTAL] if self._is_old(cached.get(PORTAL), ZONE_AGE) else []

        def read_rows() -> Rows:
            zone = self.hubspot.account_details(self.access).time_zone
            return [_row(PropertyShape(PORTAL, "", "", {"zone": zone}))]

        cached = self._refreshed(cached, stale, read_rows)
        return cached[PORTAL].labels["zone"] if PORTAL in cached else self.installation.time_zone

    def _is_stale(self, row: KnownProperty | None, values: Iterable[str]) -> bool:
        if row is None or row.type != "enumeration" or row.of_owners:
            return self._is_old(row, AGE)
        return self._lacks(row, {part for value in values for part in value.split(";")})

    def _lacks(self, row: KnownProperty | None, labels: set[str]) -> bool:
        if row is None or labels <= row.labels.keys():
            return self._is_old(row, AGE)
        # An option may be new, or a value may have lost its own.
        return self._is_old(row, AGAIN)

    def _is_old(self, row: KnownProperty | None, age: timedelta) -> bool:
        return row is None or self.now - row.read_at > age

    def _refreshed(
        self, cached: CachedProperties, stale: Sequence[str], read_rows: Callable[[], Rows]
    ) -> CachedProperties:
        if not stale:
            return cached
        try:
            rows = read_rows()
        except GatewayError as error:
            if not error.permanent and not set(stale) <= cached.keys():
                raise
            # Old definitions are better than none.
            log.warning("properties_not_read", reason=error.reason, status=error.status)
            return cached
        common = {"installation_id": self.installation.id, "read_at": self.now}
        with apart_from_deed(), transaction():
            _store([{**common, **row} for row in rows])
        return cached | KnownProperty.named(self.installation.id, stale)


def _store(rows: Rows) -> None:
    # In one order on all machines, so that concurrent writers never deadlock.
    rows.sort(key=lambda row: str(row["name"]))
    statement = insert_or(KnownProperty)
    updated = ("type", "field_type", "of_owners", "labels", "read_at")
    statement = statement.on_conflict_do_update(
        index_elements=["installation_id", "name"],
        set_={name: statement.excluded[name] for name in updated},
    )
    db.session.execute(statement, rows)


def _row(shape: PropertyShape) -> dict[str, Any]:
    return {
        "name": shape.name,
        "type": shape.type[:40],
        "field_type": shape.field_type[:40],
        "of_owners": shape.of_owners,
        "labels": dict(shape.labels),
    }


def _shape(row: KnownProperty) -> PropertyShape:
    return PropertyShape(row.name, row.type, row.field_type, row.labels, row.of_owners)
