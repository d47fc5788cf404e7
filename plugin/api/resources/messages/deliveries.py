"""Deliveries: messages to one friend, and their results."""

from typing import Any

from marshmallow import fields, validate

from plugin.api.access import tenant
from plugin.api.fields import Id, Moment
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.resource import Resource, own
from plugin.models.sending.delivery import ACCEPTED, PLANNED, REFUSED, SENDING, UNKNOWN, Delivery

blueprint = Resource("deliveries", "Sends to one friend, by workflows, tests and greetings")
# ACCEPTED is LINE's word for it, which is not "read". UNKNOWN: the response to the last try was
# lost, so the message may have arrived.
STATES = validate.OneOf((PLANNED, SENDING, ACCEPTED, REFUSED, UNKNOWN))
SHOWN = {
    "id": "31",
    "official_account": "1",
    "friend": "12",
    "line_user_id": "U0123456789abcdef0123456789abcdef",
    "state": "accepted",
    "result": "sent",
    "error": "",
    "message_ids": ["500000000000000001"],
    "line_request_id": "6f2c7a1e-0000-4000-8000-000000000000",
    "callback_id": "ap-20000001-2300000000001-1-0",
    "created_at": "2026-11-23T09:30:00.000Z",
    "settled_at": "2026-11-23T09:30:00.120Z",
    "messages": [{"type": "text", "text": "Hello"}],
}


class DeliverySchema(ResponseSchema):
    id = Id(required=True)
    official_account = Id(attribute="official_account_id", required=True)
    friend = Id(attribute="friend_id", required=True)
    line_user_id = fields.String(attribute="friend.line_user_id", required=True)
    state = fields.String(required=True, validate=STATES)
    result = fields.String(required=True)
    error = fields.String(required=True)
    message_ids = fields.List(fields.String(), required=True)
    line_request_id = fields.String(required=True)
    callback_id = fields.String(
        attribute="action_call.callback_id", dump_default=None, required=True, allow_none=True
    )
    created_at = Moment(required=True)
    settled_at = Moment(required=True, allow_none=True)


class WholeDeliverySchema(DeliverySchema):
    messages = fields.List(fields.Dict(), required=True)  # as sent


class DeliveryQuery(PageQuery):
    friend = Id(load_default=None)
    official_account = Id(load_default=None)
    state = fields.String(load_default="", validate=validate.OneOf(("", *STATES.choices)))


@blueprint.get("")
@blueprint.arguments(DeliveryQuery, location="query")
@blueprint.response(200, list_of(DeliverySchema))
def list_deliveries(query: dict[str, Any]) -> Page:
    """List what was sent, newest first"""
    rows = Delivery.owned(tenant().id)
    if query["friend"] is not None:
        rows = rows.where(Delivery.friend_id == query["friend"])
    if query["official_account"] is not None:
        rows = rows.where(Delivery.official_account_id == query["official_account"])
    if query["state"]:
        rows = rows.where(Delivery.state == query["state"])
    return page(rows, Delivery.id, query, newest_first=True)


@blueprint.get("/<delivery_id>")
@blueprint.response(200, WholeDeliverySchema, example=SHOWN)
def get_delivery(delivery_id: str) -> Delivery:
    """Look at one send, with its messages"""
    delivery: Delivery = own(Delivery, delivery_id)
    return delivery
