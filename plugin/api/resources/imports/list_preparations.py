"""List preparations: personal links for all contacts of a HubSpot list."""

from collections.abc import Callable
from typing import Any

from marshmallow import Schema, fields, validate

from plugin.api.access import actor, tenant
from plugin.api.fields import Id, Moment
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.problems import invalid
from plugin.api.resource import Resource, or_404
from plugin.core.text.row_ids import row_id
from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.imports.list_preparation import ListPreparation
from plugin.models.login_flow.qr_code import QRCode
from plugin.services.personal_links.bulk import (
    BulkIssueRequest,
    begin_preparation,
    restart_preparation,
    stop_preparation,
)
from plugin.services.personal_links.keep import keep_list_prepared
from plugin.services.personal_links.revoke import revoke_of_preparation
from plugin.services.personal_links.tokens import DEFAULT_DAYS, MAX_DAYS

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
    "keeps": False,
    "members": 0,
    "covered": 0,
    "checked_at": None,
    "next_check_at": None,
    "error": "",
    "started_at": "2026-11-23T09:30:00.000Z",
    "finished_at": None,
    "revoked_at": None,
}
COUNT_DESCRIPTIONS = {
    "read": "Members of the list read so far",
    "made": "Contacts that got a link",
    "kept": "Contacts that had one which lasts long enough",
    "linked": "Contacts left out because they are linked already",
    "gone": "Contacts left out because they were deleted or merged in HubSpot",
    "members": "Members of the list at the last whole look, `checked_at`",
    "covered": "Members who had a link then, which may still be on its way to HubSpot",
}


def count(name: str) -> fields.Integer:
    return fields.Integer(required=True, metadata={"description": COUNT_DESCRIPTIONS[name]})


class ListPreparationSchema(ResponseSchema):
    id = Id(required=True)
    qr_code = Id(attribute="qr_code_id", required=True)
    list_id = fields.String(required=True)
    list_name = fields.String(required=True)
    valid_days = fields.Integer(required=True)
    renew_days = fields.Integer(required=True)
    only_unlinked = fields.Boolean(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    size = fields.Integer(required=True, allow_none=True)  # by HubSpot; null: unknown
    read = count("read")
    made = count("made")  # of all runs; the other counts are of the newest
    kept = count("kept")
    linked = count("linked")
    gone = count("gone")
    keeps = fields.Boolean(required=True)  # run again at `next_check_at`
    members = count("members")
    covered = count("covered")
    checked_at = Moment(required=True, allow_none=True)
    next_check_at = Moment(required=True, allow_none=True)
    error = fields.String(required=True)
    started_at = Moment(required=True)
    finished_at = Moment(required=True, allow_none=True)
    revoked_at = Moment(required=True, allow_none=True)


class NewPreparationSchema(Schema):
    qr_code = Id(required=True)
    list_id = fields.String(required=True, validate=validate.Regexp("^[0-9]{1,20}$"))
    valid_days = fields.Integer(
        load_default=DEFAULT_DAYS, validate=validate.Range(1, MAX_DAYS), strict=True
    )
    # Links that expire within so many days are replaced.
    renew_days = fields.Integer(load_default=0, validate=validate.Range(0, MAX_DAYS), strict=True)
    only_unlinked = fields.Boolean(load_default=True)
    # Until it is stopped, new members get a link within the hour and links are renewed.
    keeps = fields.Boolean(load_default=False)


@blueprint.get("")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, list_of(ListPreparationSchema))
def list_preparations(query: dict[str, Any]) -> Page:
    """List what was prepared, newest first"""
    rows = ListPreparation.owned(tenant().id)
    return page(rows, ListPreparation.id, query, newest_first=True)


@blueprint.post("")
@blueprint.arguments(NewPreparationSchema, example=EXAMPLE)
@blueprint.response(201, ListPreparationSchema, example=SHOWN)
def create_preparation(body: dict[str, Any]) -> ListPreparation:
    """Prepare a list

    Where this list is being prepared for this QR code already, that one is the answer.
    """
    code = or_404(QRCode.find_owned(tenant().id, body.pop("qr_code")))
    if not code.takes_links:
        raise invalid("qr_code", "This QR code takes no personal links. Choose one that does.")
    return _started(lambda: begin_preparation(get_deps(), code, BulkIssueRequest(**body), actor()))


@blueprint.get("/<preparation_id>")
@blueprint.response(200, ListPreparationSchema)
def get_preparation(preparation_id: str) -> ListPreparation:
    """Look at one preparation"""
    return _preparation(preparation_id)


@blueprint.post("/<preparation_id>/run")
@blueprint.response(201, ListPreparationSchema)
def run_preparation(preparation_id: str) -> ListPreparation:
    """Prepare the same list again

    For who joined it since, and whose link ends soon. This is a new preparation, unless the list
    is kept prepared: then the answer is the same one, looked at now.
    """
    preparation = _preparation(preparation_id)
    return _started(lambda: restart_preparation(get_deps(), preparation, actor()))


@blueprint.post("/<preparation_id>/stop")
@blueprint.response(200, ListPreparationSchema)
def stop_preparing(preparation_id: str) -> ListPreparation:
    """Stop: no more links are made, those made stay good, and the list is kept no longer"""
    preparation = _preparation(preparation_id)
    stop_preparation(preparation)
    return preparation


@blueprint.post("/<preparation_id>/keep")
@blueprint.response(200, ListPreparationSchema)
def keep_prepared(preparation_id: str) -> ListPreparation:
    """Keep the list prepared from now on, as `keeps` does"""
    preparation = _preparation(preparation_id)
    keep_list_prepared(preparation)
    return preparation


@blueprint.delete("/<preparation_id>")
@blueprint.response(204)
def revoke_preparation(preparation_id: str) -> None:
    """Stop, and take back every link it made that was not used"""
    revoke_of_preparation(_preparation(preparation_id))


def _started(begin: Callable[[], ListPreparation]) -> ListPreparation:
    try:
        return begin()
    except GatewayError as error:
        if error.reason not in ("not_found", "invalid"):
            raise
        raise invalid("list_id", "HubSpot has no list of contacts with this id.") from error


def _preparation(preparation_id: str) -> ListPreparation:
    number = row_id(preparation_id) or 0
    preparation: ListPreparation = or_404(ListPreparation.find_owned(tenant().id, number))
    return preparation
