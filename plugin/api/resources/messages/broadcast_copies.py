"""Copies of a broadcast, its variants, and tests of them."""

from typing import Any

from marshmallow import Schema, fields

from plugin.api.access import actor
from plugin.api.fields import Id, PlainText
from plugin.api.paging import Page, ResponseSchema, list_of
from plugin.api.problems import Problem, invalid
from plugin.api.resources.messages.broadcast_deeds import NUMBER
from plugin.api.resources.messages.broadcast_schemas import BroadcastSchema
from plugin.api.resources.messages.broadcasts import SHOWN, blueprint, own_broadcast, shown
from plugin.api.resources.messages.deliveries import WholeDeliverySchema
from plugin.api.resources.messages.template_versions import TrialSchema, send_trial
from plugin.models.broadcasts.variant import Variant
from plugin.services.broadcasts.drafts import LONGEST_NAME, duplicate
from plugin.services.broadcasts.recipients import again_to_silent
from plugin.services.broadcasts.usage import messages_of_variant
from plugin.services.sending.trial_send import Trial


class NamedCopySchema(Schema):
    name = PlainText(LONGEST_NAME, 1)


class BroadcastTrialSchema(TrialSchema):
    variant = fields.Integer(load_default=0, strict=True, validate=NUMBER)


class VariantSchema(ResponseSchema):
    number = fields.Integer(required=True)
    template = Id(attribute="template_id", required=True, allow_none=True)
    template_version = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Kept since the people are fixed; null: the newest is sent"},
    )
    messages = fields.List(fields.Dict(), required=True)
    tracks_links = fields.Boolean(required=True)


@blueprint.get("/<broadcast_id>/variants")
@blueprint.response(200, list_of(VariantSchema))
def list_variants(broadcast_id: str) -> Page:
    """List what it sends: one variant, or up to four, all on one page"""
    broadcast = own_broadcast(broadcast_id)
    names = ("number", "template_id", "template_version", "tracks_links")
    variants = [
        {
            **{name: getattr(row, name) for name in names},
            "messages": messages_of_variant(broadcast, row),
        }
        for row in Variant.of_broadcast(broadcast.id)
    ]
    return {"results": variants, "after": None}


@blueprint.post("/<broadcast_id>/test")
@blueprint.arguments(BroadcastTrialSchema, example={"friend": "12", "variant": 0})
@blueprint.response(201, WholeDeliverySchema)
def test_broadcast(body: dict[str, int], broadcast_id: str) -> Any:
    """Send a variant to one friend, as a test that counts in no result"""
    broadcast = own_broadcast(broadcast_id)
    found = {row.number: row for row in Variant.of_broadcast(broadcast.id)}
    variant = found.get(body["variant"])
    if variant is None:
        raise invalid("variant", "There is no such variant.")
    messages = messages_of_variant(broadcast, variant)
    trial = Trial(messages, variant.template_id, silent=broadcast.silent)
    return send_trial(trial, body, broadcast.official_account_id)


@blueprint.post("/<broadcast_id>/duplicate")
@blueprint.arguments(NamedCopySchema, required=False, example={"name": "Summer sale"})
@blueprint.response(201, BroadcastSchema, example=SHOWN)
def duplicate_broadcast(body: dict[str, str], broadcast_id: str) -> dict[str, Any]:
    """Make a draft with the same people, messages and settings

    People who were named one by one are not copied.
    """
    broadcast = own_broadcast(broadcast_id)
    return shown(duplicate(broadcast, body.get("name") or f"Copy of {broadcast.name}", actor()))


@blueprint.post("/<broadcast_id>/again")
@blueprint.arguments(NamedCopySchema, required=False, example={"name": "Summer sale"})
@blueprint.response(201, BroadcastSchema, example=SHOWN)
def send_again(body: dict[str, str], broadcast_id: str) -> dict[str, Any]:
    """Make a draft for those who got it and tapped nothing"""
    broadcast = own_broadcast(broadcast_id)
    name = body.get("name") or f"{broadcast.name}, once more"
    copy = again_to_silent(broadcast, name, actor())
    if copy is None:
        words = "Everybody who got it has tapped a link, so nobody is left to send to."
        raise Problem(409, "nobody_left", words)
    return shown(copy)
