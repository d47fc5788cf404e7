"""HubSpot's connection: pause, resume, remove."""

from typing import Any

from marshmallow import Schema, fields, validate

from plugin.api.access import tenant
from plugin.api.paging import ResponseSchema
from plugin.api.problems import Problem
from plugin.api.resource import Resource
from plugin.guards import of_connection
from plugin.models.connections.installation import (
    ACTIVE,
    DISCONNECTED,
    PAUSED,
    REMOVED,
    REMOVING,
    Installation,
)
from plugin.services.connections.connection import MODES, count_losses, switch_mode

blueprint = Resource("disconnect", "The connection with HubSpot")
# DISCONNECTED: HubSpot refuses our token; nothing is deleted for that.
STATES = (ACTIVE, PAUSED, DISCONNECTED, REMOVING, REMOVED)
EXAMPLE = {"mode": "pause"}
WRONG_STATE = "HubSpot is {state}: this cannot be done now."


class LossSchema(ResponseSchema):
    contacts = fields.Integer(required=True)
    linkages = fields.Integer(required=True)
    conflicts = fields.Integer(required=True)
    ledger = fields.Integer(required=True)
    tokens = fields.Integer(required=True)


class ConnectionSchema(ResponseSchema):
    portal_id = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    removal_would_delete = fields.Nested(LossSchema, required=True)


class DisconnectSchema(Schema):
    # `remove` cannot be undone: it deletes what `removal_would_delete` counts.
    mode = fields.String(required=True, validate=validate.OneOf(MODES))


@blueprint.get("")
@blueprint.response(200, ConnectionSchema)
@of_connection
def get_connection() -> dict[str, Any]:
    """Look at the connection, and at what a removal would delete"""
    return _shown(tenant())


@blueprint.post("")
@blueprint.arguments(DisconnectSchema, example=EXAMPLE)
@blueprint.response(202, ConnectionSchema)
@of_connection
def change_connection(body: dict[str, Any]) -> dict[str, Any]:
    """Pause, resume or remove HubSpot

    A pause keeps everything and does nothing; `resume` goes on. A removal uninstalls the app in
    HubSpot, revokes its tokens and deletes contacts, links and their history, in the background.
    """
    if not switch_mode(tenant(), body["mode"]):
        raise Problem(409, "wrong_state", WRONG_STATE.format(state=tenant().state))
    return _shown(tenant())


def _shown(installation: Installation) -> dict[str, Any]:
    loss = count_losses(installation.id)
    return {
        "portal_id": str(installation.portal_id),
        "state": installation.state,
        "removal_would_delete": loss,
    }
