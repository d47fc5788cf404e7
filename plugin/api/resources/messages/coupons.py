"""Coupons: those of an Official Account that run now, to give one away in a message."""

from typing import Any

from marshmallow import Schema, fields

from plugin.api.fields import Id, Moment
from plugin.api.paging import Page, ResponseSchema, list_of
from plugin.api.resource import Resource, owned_account
from plugin.guards import get_deps
from plugin.services.message_templates.coupons import running_coupons

blueprint = Resource("coupons", "Running coupons of an Official Account, for messages")


class CouponSchema(ResponseSchema):
    id = fields.String(attribute="coupon_id", required=True)
    title = fields.String(required=True)
    starts_at = Moment(required=True, allow_none=True)  # null: LINE was not asked
    ends_at = Moment(required=True, allow_none=True)


class CouponQuery(Schema):
    official_account = Id(required=True)


@blueprint.get("")
@blueprint.arguments(CouponQuery, location="query")
@blueprint.response(200, list_of(CouponSchema))
def list_coupons(query: dict[str, int]) -> Page:
    """List the running coupons, all on one page

    A message gives one away as `{"type": "coupon", "couponId": id}`.
    """
    account = owned_account(query["official_account"])
    found: list[Any] = running_coupons(get_deps(), account)
    return {"results": found, "after": None}
