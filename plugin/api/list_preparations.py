"""List preparations: personal links for everybody on a HubSpot list."""

from collections.abc import Callable
from typing import Any

from marshmallow import Schema, fields, validate

from plugin.api.access import actor, tenant
from plugin.api.fields import Id, Moment, row_id
from plugin.api.paging import Answer, Page, PageQuery, list_of, page
from plugin.api.problems import invalid
from plugin.api.resource import Resource, found
from plugin.doorway import outside
from plugin.gateways import GatewayError
from plugin.models.list_preparation import ListPreparation
from plugin.models.qr_code import QRCode
from plugin.services.linkage_tokens import DEFAULT_DAYS, MAX_DAYS
from plugin.services.prepare_list import (
    Order,
    begin_preparation,
    prepare_again,
    stop_preparation,
)
from plugin.services.revoke_links import revoke_of_preparation

blueprint = Resource("list-preparations", "Personal links for everybody on a HubSpot list")
STATES = ("running", "finished", "stopped", "failed")
EXAMPLE = {"qr_code": "3", "list_id": "14", "valid_days": 30}
SHOWN = {
    **EXAMPLE,
    "id": "5",
    "list_name": "Newsletter",
    "renew_days": 0,
    "only_unlinked": True,
    "state": "running",
    "size": 1200,
    "read": 500,
    "made": 480,
    "kept": 0,
    "linked": 20,
    "gone": 0,
    "error": "",
    "started_at": "2026-11-23T09:30:00.000Z",
    "finished_at": None,
    "revoked_at": None,
}
COUNTED = {
    "read": "Members of the list read so far",
    "made": "Contacts that got a link",
    "kept": "Contacts that had one which lasts long enough",
    "linked": "Contacts left out because they are linked already",
    "gone": "Contacts left out because they were deleted or merged in HubSpot",
}


def count(name: str) -> fields.Integer:
    """A count with what it counts."""
    return fields.Integer(required=True, metadata={"description": COUNTED[name]})


class ListPreparationSchema(Answer):
    """One time that a list was prepared. `size`: members as HubSpot counted them, null unknown."""

    id = Id(required=True)
    qr_code = Id(attribute="qr_code_id", required=True)
    list_id = fields.String(required=True)
    list_name = fields.String(required=True)
    valid_days = fields.Integer(required=True)
    renew_days = fields.Integer(required=True)
    only_unlinked = fields.Boolean(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    size = fields.Integer(required=True, allow_none=True)
    read = count("read")
    made = count("made")
    kept = count("kept")
    linked = count("linked")
    gone = count("gone")
    error = fields.String(required=True)
    started_at = Moment(required=True)
    finished_at = Moment(required=True, allow_none=True)
    revoked_at = Moment(required=True, allow_none=True)


class NewPreparationSchema(Schema):
    """`renew_days`: a link that ends within so many days is followed by a new one."""

    qr_code = Id(required=True)
    list_id = fields.String(required=True, validate=validate.Regexp("^[0-9]{1,20}$"))
    valid_days = fields.Integer(
        load_default=DEFAULT_DAYS, validate=validate.Range(1, MAX_DAYS), strict=True
    )
    renew_days = fields.Integer(load_default=0, validate=validate.Range(0, MAX_DAYS), strict=True)
    only_unlinked = fields.Boolean(load_default=True)


@blueprint.get("")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, list_of(ListPreparationSchema))
def list_preparations(query: dict[str, Any]) -> Page:
    """List what was prepared, newest first"""
    mine = ListPreparation.owned(tenant().id)
    return page(mine, ListPreparation.id, query, newest_first=True)


@blueprint.post("")
@blueprint.arguments(NewPreparationSchema, example=EXAMPLE)
@blueprint.response(201, ListPreparationSchema, example=SHOWN)
def create_preparation(body: dict[str, Any]) -> ListPreparation:
    """Prepare a list

    Where this list is being prepared for this QR code already, that one is the answer.
    """
    code = found(QRCode.find_owned(tenant().id, body.pop("qr_code")))
    if not code.takes_links:
        raise invalid("qr_code", "This QR code takes no personal links. Choose one that does.")
    return _begun(lambda: begin_preparation(outside(), code, Order(**body), actor()))


@blueprint.get("/<preparation_id>")
@blueprint.response(200, ListPreparationSchema)
def get_preparation(preparation_id: str) -> ListPreparation:
    """Look at one preparation"""
    return _preparation(preparation_id)


@blueprint.post("/<preparation_id>/run")
@blueprint.response(201, ListPreparationSchema)
def run_preparation(preparation_id: str) -> ListPreparation:
    """Prepare the same list again

    For who joined it since, and whose link ends soon. This is a new preparation.
    """
    mine = _preparation(preparation_id)
    return _begun(lambda: prepare_again(outside(), mine, actor()))


@blueprint.post("/<preparation_id>/stop")
@blueprint.response(200, ListPreparationSchema)
def stop_preparing(preparation_id: str) -> ListPreparation:
    """Stop: no more links are made, those made stay good"""
    mine = _preparation(preparation_id)
    stop_preparation(mine)
    return mine


@blueprint.delete("/<preparation_id>")
@blueprint.response(204)
def revoke_preparation(preparation_id: str) -> None:
    """Stop, and take back every link it made that was not used"""
    revoke_of_preparation(_preparation(preparation_id))


def _begun(begin: Callable[[], ListPreparation]) -> ListPreparation:
    try:
        return begin()
    except GatewayError as error:
        if error.reason not in ("not_found", "invalid"):
            raise
        raise invalid("list_id", "HubSpot has no list of contacts with this id.") from error


def _preparation(preparation_id: str) -> ListPreparation:
    wanted = row_id(preparation_id) or 0
    mine: ListPreparation = found(ListPreparation.find_owned(tenant().id, wanted))
    return mine
