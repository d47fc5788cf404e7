"""Prepared answers: what a team sends often."""

from typing import Any

from marshmallow import Schema, fields

from plugin.api.access import actor, tenant
from plugin.api.fields import Id, Moment, PlainText
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.problems import refused_fields
from plugin.api.resource import Resource, own
from plugin.core.messages.part import TEXT_LIMIT
from plugin.models.inbox.canned_answer import CannedAnswer
from plugin.services.inbox.canned import (
    LONGEST_NAME,
    delete_canned_answer,
    save_canned_answer,
)
from plugin.services.inbox.refused import FieldsRefused

blueprint = Resource("canned-answers", "Answers that a team prepares once and sends often")
EXAMPLE = {"name": "Opening hours", "text": "We are open from 10 to 18."}
SHOWN = {
    **EXAMPLE,
    "id": "2",
    "changed_by": "anna@example.com",
    "changed_at": "2026-11-28T09:30:00.000Z",
}


class CannedAnswerSchema(ResponseSchema):
    id = Id(required=True)
    name = fields.String(required=True)
    text = fields.String(required=True)
    changed_by = fields.String(required=True)
    changed_at = Moment(required=True)


class NewCannedAnswerSchema(Schema):
    name = PlainText(LONGEST_NAME, 1, required=True)
    text = PlainText(TEXT_LIMIT, 1, required=True)  # with tokens, as in templates


@blueprint.get("")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, list_of(CannedAnswerSchema))
def list_canned_answers(query: dict[str, Any]) -> Page:
    """List prepared answers"""
    return page(CannedAnswer.owned(tenant().id), CannedAnswer.id, query)


@blueprint.post("")
@blueprint.arguments(NewCannedAnswerSchema, example=EXAMPLE)
@blueprint.response(201, CannedAnswerSchema, example=SHOWN)
def make_canned_answer(body: dict[str, str]) -> CannedAnswer:
    """Prepare an answer"""
    return _saved(body)


@blueprint.get("/<answer_id>")
@blueprint.response(200, CannedAnswerSchema, example=SHOWN)
def get_canned_answer(answer_id: str) -> CannedAnswer:
    """Look at one prepared answer"""
    return _canned(answer_id)


@blueprint.put("/<answer_id>")
@blueprint.arguments(NewCannedAnswerSchema, example=EXAMPLE)
@blueprint.response(200, CannedAnswerSchema, example=SHOWN)
def change_canned_answer(body: dict[str, str], answer_id: str) -> CannedAnswer:
    """Change a prepared answer"""
    return _saved(body, _canned(answer_id))


@blueprint.delete("/<answer_id>")
@blueprint.response(204)
def remove_canned_answer(answer_id: str) -> None:
    """Delete a prepared answer; what was sent stays"""
    delete_canned_answer(_canned(answer_id))


def _saved(body: dict[str, str], former: CannedAnswer | None = None) -> CannedAnswer:
    try:
        return save_canned_answer(tenant().id, body["name"], body["text"], actor(), former)
    except FieldsRefused as error:
        raise refused_fields(error.problems) from error


def _canned(answer_id: str) -> CannedAnswer:
    canned: CannedAnswer = own(CannedAnswer, answer_id)
    return canned
