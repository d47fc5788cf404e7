"""Why a friend is not linked, or not reached, step by step."""

from datetime import datetime
from typing import Any

from marshmallow import fields, validate

from plugin.api.paging import ResponseSchema
from plugin.api.resource import own
from plugin.api.resources.people.friends import blueprint
from plugin.core.clock import rfc3339
from plugin.core.diagnosis.step import Step, first_failing
from plugin.core.text.sentences import Sentence
from plugin.models.people.friend import Friend
from plugin.services.linkage.why import why_linked
from plugin.services.sending.why import why_reached


class DiagnosisStepSchema(ResponseSchema):
    key = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(("ok", "failing", "unknown")))
    text = fields.String(required=True)


class DiagnosisSchema(ResponseSchema):
    linked = fields.List(fields.Nested(DiagnosisStepSchema), required=True)
    reached = fields.List(fields.Nested(DiagnosisStepSchema), required=True)
    # The first steps that fail, in words; null where none does.
    not_linked = fields.String(required=True, allow_none=True)
    not_reached = fields.String(required=True, allow_none=True)


@blueprint.get("/<friend_id>/why")
@blueprint.response(200, DiagnosisSchema)
def explain_friend(friend_id: str) -> dict[str, Any]:
    """See why a friend is not linked, or what would keep a message from them now"""
    friend: Friend = own(Friend, friend_id)
    linked, reached = why_linked(friend), why_reached(friend)
    return {
        "linked": [_shown(step) for step in linked],
        "reached": [_shown(step) for step in reached],
        "not_linked": _first(linked),
        "not_reached": _first(reached),
    }


def _shown(step: Step) -> dict[str, str]:
    return {"key": step.key, "state": step.state, "text": _words(step.text)}


def _first(steps: list[Step]) -> str | None:
    step = first_failing(steps)
    return _words(step.text) if step is not None else None


def _words(sentence: Sentence) -> str:
    """Return the sentence in English, its moments as the API writes them."""
    values = {
        name: rfc3339(value) if isinstance(value, datetime) else value
        for name, value in sentence.values.items()
    }
    return str(Sentence(sentence.text, **values))
