"""Contact properties and HubSpot lists that are kept for linked contacts."""

from typing import Any, NamedTuple

from marshmallow import Schema, fields, validate

from plugin.api.access import actor, tenant
from plugin.api.fields import Moment, PlainText
from plugin.api.paging import ResponseSchema
from plugin.api.problems import invalid
from plugin.api.resource import Resource
from plugin.core.synced_values import MOST_LISTS, MOST_PROPERTIES
from plugin.guards import get_deps
from plugin.models.audience.property_sync import PropertySync
from plugin.models.audience.synced_list import SyncedList
from plugin.models.audience.synced_property import SyncedProperty
from plugin.services.sync.synced_choice import Choice, Unfit, choose
from plugin.services.sync.synced_definitions import acknowledge
from plugin.services.sync.synced_schedule import sync_now

blueprint = Resource(
    "sync-settings", "Contact properties and HubSpot lists that are kept for linked contacts"
)
EXAMPLE = {"properties": ["firstname", "lifecyclestage"], "lists": ["7"]}


class KeptPropertySchema(ResponseSchema):
    name = fields.String(required=True)
    label = fields.String(required=True)
    type = fields.String(required=True)
    state = fields.String(required=True)  # fine | missing | retyped | refused
    error = fields.String(required=True)  # HubSpot's words
    known = fields.Integer(required=True)  # contacts with a value
    filled_at = Moment(required=True, allow_none=True)


class KeptListSchema(ResponseSchema):
    id = fields.String(attribute="list_id", required=True)
    name = fields.String(required=True)
    state = fields.String(required=True)  # fine | missing | refused
    error = fields.String(required=True)
    members = fields.Integer(required=True)  # linked ones
    size = fields.Integer(required=True, allow_none=True)
    looked_at = Moment(required=True, allow_none=True)
    read_at = Moment(required=True, allow_none=True)


class SyncSettingsSchema(ResponseSchema):
    properties = fields.List(fields.String(), required=True)
    lists = fields.List(fields.String(), required=True)
    kept_properties = fields.List(fields.Nested(KeptPropertySchema), required=True)
    kept_lists = fields.List(fields.Nested(KeptListSchema), required=True)
    looked_at = Moment(required=True, allow_none=True)
    error = fields.String(required=True)


class NewSyncSettingsSchema(Schema):
    properties = fields.List(
        PlainText(100, 1), required=True, validate=validate.Length(max=MOST_PROPERTIES)
    )
    lists = fields.List(PlainText(20, 1), required=True, validate=validate.Length(max=MOST_LISTS))


class ReadSchema(Schema):
    list = PlainText(20, 1, metadata={"description": "HubSpot's id of one kept list"})


class AcknowledgedSchema(Schema):
    property = PlainText(100, 1, required=True)


class SyncSettings(NamedTuple):
    properties: list[str]
    lists: list[str]
    kept_properties: list[SyncedProperty]
    kept_lists: list[SyncedList]
    looked_at: Any
    error: str


@blueprint.get("")
@blueprint.response(200, SyncSettingsSchema)
def get_sync_settings() -> SyncSettings:
    """What is kept, and how far it is read"""
    return _settings()


def _settings() -> SyncSettings:
    properties = SyncedProperty.list_owned(tenant().id)
    lists = SyncedList.list_owned(tenant().id)
    sync = PropertySync.of(tenant().id)
    return SyncSettings(
        [row.name for row in properties],
        [row.list_id for row in lists],
        properties,
        lists,
        sync.looked_at if sync else None,
        sync.error if sync else "",
    )


@blueprint.post("/read")
@blueprint.arguments(ReadSchema, required=False, example={"list": "7"})
@blueprint.response(202, SyncSettingsSchema)
def read_synced(body: dict[str, str]) -> SyncSettings:
    """Read all kept values from HubSpot now, or the members of one kept list"""
    synced = {row.list_id: row.id for row in SyncedList.list_owned(tenant().id)}
    if "list" in body and body["list"] not in synced:
        raise invalid("list", "This list is not kept.")
    sync_now(tenant().id, synced.get(body.get("list", "")))
    return _settings()


@blueprint.post("/acknowledge")
@blueprint.arguments(AcknowledgedSchema, example={"property": "lifecyclestage"})
@blueprint.response(200, SyncSettingsSchema)
def acknowledge_property(body: dict[str, str]) -> SyncSettings:
    """Say that a property's new name or type in HubSpot was seen"""
    rows = {row.name: row.id for row in SyncedProperty.list_owned(tenant().id)}
    if body["property"] not in rows:
        raise invalid("property", "This property is not kept.")
    acknowledge(tenant().id, rows[body["property"]])
    return _settings()


@blueprint.put("")
@blueprint.arguments(NewSyncSettingsSchema, example=EXAMPLE)
@blueprint.response(200, SyncSettingsSchema)
def put_sync_settings(body: dict[str, list[str]]) -> SyncSettings:
    """Keep these and nothing else

    What is not named is no longer kept: its values and memberships are deleted.
    """
    choice = Choice(body["properties"], body["lists"])
    try:
        choose(get_deps(), tenant(), choice, actor(), only=True)
    except Unfit as error:
        raise invalid(error.field, str(error)) from error
    return _settings()
