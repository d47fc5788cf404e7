"""What came of a broadcast: the sum of its people, and taps, blocks and goals beside those held
out."""

from typing import Any

from marshmallow import fields

from plugin.api.paging import ResponseSchema
from plugin.api.resources.messages.broadcasts import blueprint, own_broadcast
from plugin.core.broadcasts.proportions import Difference
from plugin.services.broadcasts.results import results_of


class GroupSchema(ResponseSchema):
    variant = fields.Integer(required=True)
    people = fields.Integer(required=True)
    tapped = fields.Integer(required=True)  # people
    taps = fields.Integer(required=True)
    wrote = fields.Integer(required=True)
    blocked_in_day = fields.Integer(required=True)
    blocked_in_week = fields.Integer(required=True)
    reached_goal = fields.Integer(required=True)
    # LINE's count; null where LINE tells nothing, as below 20 people.
    opens = fields.Dict(required=True, allow_none=True)


class LinkTapsSchema(ResponseSchema):
    variant = fields.Integer(required=True)
    url = fields.String(
        required=True, metadata={"description": "Empty: addresses with a person's own text"}
    )
    taps = fields.Integer(required=True)
    people = fields.Integer(required=True)


class SumSchema(ResponseSchema):
    state = fields.String(required=True)
    reason = fields.String(required=True)
    people = fields.Integer(required=True)


class LiftSchema(ResponseSchema):
    sent = fields.Float(required=True)  # shares of people who reached the goal
    held_out = fields.Float(required=True)
    low = fields.Float(required=True)  # of the difference, with 95 percent
    high = fields.Float(required=True)
    is_clear = fields.Boolean(required=True)


class CostSchema(ResponseSchema):
    messages = fields.Integer(required=True)
    free = fields.Integer(required=True)
    milli = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Thousandths of the currency"}
    )
    currency = fields.String(required=True)


class ResultsSchema(ResponseSchema):
    total = fields.Integer(required=True)
    sums = fields.List(
        fields.Nested(SumSchema),
        required=True,
        metadata={"description": "How many people by state and reason; together `total`"},
    )
    variants = fields.List(
        fields.Nested(GroupSchema), required=True, metadata={"description": "What people did since"}
    )
    held_out = fields.Nested(GroupSchema, required=True, allow_none=True)
    links = fields.List(fields.Nested(LinkTapsSchema), required=True)
    lift = fields.Nested(LiftSchema, required=True, allow_none=True)
    free_replies = fields.Integer(required=True)
    # By the account's plan; null where none was entered.
    cost = fields.Nested(CostSchema, required=True, allow_none=True)


@blueprint.get("/<broadcast_id>/results")
@blueprint.response(200, ResultsSchema)
def get_results(broadcast_id: str) -> dict[str, Any]:
    """See what came of it

    Taps are Musubi's own counts, a person each; robots and previews are not among them.
    """
    results = results_of(own_broadcast(broadcast_id))
    return {
        "total": results.total,
        "sums": [
            {"state": state, "reason": reason, "people": people}
            for (state, reason), people in sorted(results.sums.items())
        ],
        "variants": [group._asdict() for group in results.groups],
        "held_out": results.held_out._asdict() if results.held_out else None,
        "links": [link._asdict() for link in results.links],
        "lift": _lift(results.lift) if results.lift else None,
        "free_replies": results.free_replies,
        "cost": results.cost._asdict() if results.cost else None,
    }


def _lift(lift: Difference) -> dict[str, Any]:
    low, high = lift.interval
    shares = {"sent": lift.first, "held_out": lift.second, "low": low, "high": high}
    return {**shares, "is_clear": lift.is_clear}
