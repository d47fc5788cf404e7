"""A template's draft: what is written, step by step, and not sent before it is published."""

from collections.abc import Callable
from typing import Any, TypeVar

from marshmallow import Schema, fields

from plugin.api.access import actor, tenant
from plugin.api.fields import Id, Moment, PlainText
from plugin.api.messages import check_messages, messages_field
from plugin.api.paging import ResponseSchema
from plugin.api.problems import Problem, not_found, refused_fields
from plugin.api.resources.messages.templates import (
    MESSAGES,
    SHOWN,
    WholeTemplateSchema,
    blueprint,
    own_template,
    tracks_links,
)
from plugin.core.messages.part import InvalidMessage
from plugin.core.overwrites import ChangedMeanwhile, fingerprints
from plugin.models.sending.template import Template
from plugin.models.sending.template_draft import TemplateDraft
from plugin.models.sending.template_version import TemplateVersion
from plugin.services.message_templates.check import own_problems
from plugin.services.message_templates.draft_messages import content_of, messages_of
from plugin.services.message_templates.kept_drafts import (
    DraftChanged,
    DraftEnded,
    SeenDraft,
    can_move,
    discard,
    move,
)
from plugin.services.message_templates.library import LONGEST_NAME, editable
from plugin.services.message_templates.publish import Written, publish
from plugin.services.message_templates.template_drafts import keep_draft

T = TypeVar("T")
SHOWN_DRAFT = {
    "template": "5",
    "name": "Welcome",
    "messages": MESSAGES,
    "problem": "",
    "tracks_links": True,
    "step": 3,
    "base_version": 2,
    "can_undo": True,
    "can_redo": False,
    "changed_by": "anna@example.com",
    "changed_at": "2026-11-28T09:30:00.000Z",
}


class TemplateDraftSchema(ResponseSchema):
    template = Id(required=True)
    name = fields.String(required=True)
    messages = fields.List(fields.Dict(), required=True)
    problem = fields.String(
        required=True,
        metadata={"description": "Why there are no messages: what somebody writes is not whole"},
    )
    tracks_links = fields.Boolean(required=True)
    step = fields.Integer(required=True)
    base_version = fields.Integer(
        required=True, metadata={"description": "The version that the draft was begun from"}
    )
    can_undo = fields.Boolean(required=True)
    can_redo = fields.Boolean(required=True)
    changed_by = fields.String(required=True)
    changed_at = Moment(required=True)


class StepSchema(Schema):
    step = fields.Integer(
        strict=True,
        metadata={"description": "The step that was read; where it is another one now: 409"},
    )


class PublishedSchema(StepSchema):
    version = fields.Integer(
        strict=True,
        metadata={
            "description": "The template's version that was read, and that the draft replaces. "
            "Absent: the one that the draft was begun from. Where it is another one now: 409"
        },
    )


class NewDraftSchema(StepSchema):
    name = PlainText(LONGEST_NAME, 1)
    messages = messages_field("One to five LINE message objects")
    tracks_links = tracks_links()


@blueprint.get("/<template_id>/draft")
@blueprint.response(200, TemplateDraftSchema, example=SHOWN_DRAFT)
def get_template_draft(template_id: str) -> dict[str, Any]:
    """Look at what is written and not published"""
    return _shown(_draft(template_id))


@blueprint.put("/<template_id>/draft")
@blueprint.arguments(NewDraftSchema, example={"messages": MESSAGES, "step": 3})
@blueprint.response(200, TemplateDraftSchema, example=SHOWN_DRAFT)
def put_template_draft(body: dict[str, Any], template_id: str) -> dict[str, Any]:
    """Write a draft, which people find in the editor

    Nothing is sent of it before it is published. Each call is a step, which can be undone.
    """
    template = own_template(template_id)
    problems = own_problems(body["messages"])
    if problems:
        raise refused_fields({"messages": " ".join(map(str, problems))})
    before, draft = TemplateVersion.current(template), TemplateDraft.of_template(template.id)
    account_id = template.official_account_id
    name, tracks = body.get("name", template.name), body.get("tracks_links", before.tracks_links)
    published = content_of(
        template.name, account_id, before.messages, tracks_links=before.tracks_links
    )
    content = content_of(name, account_id, body["messages"], tracks_links=tracks)
    step = body.get("step", draft.step if draft is not None else 0)
    seen = SeenDraft(draft.id if draft is not None else 0, step)
    kept = unchanged(
        lambda: keep_draft(
            tenant().id,
            content,
            actor(),
            template=template,
            seen=seen,
            published=published,
        )
    )
    return _shown(kept)


@blueprint.post("/<template_id>/draft/undo")
@blueprint.arguments(StepSchema, required=False, example={"step": 3})
@blueprint.response(200, TemplateDraftSchema, example=SHOWN_DRAFT)
def undo_template_draft(body: dict[str, int], template_id: str) -> dict[str, Any]:
    """Undo the draft's last step, where there is one"""
    return _moved(template_id, body, -1)


@blueprint.post("/<template_id>/draft/redo")
@blueprint.arguments(StepSchema, required=False, example={"step": 3})
@blueprint.response(200, TemplateDraftSchema, example=SHOWN_DRAFT)
def redo_template_draft(body: dict[str, int], template_id: str) -> dict[str, Any]:
    """Redo the step that was undone last, where there is one"""
    return _moved(template_id, body, 1)


@blueprint.post("/<template_id>/draft/publish")
@blueprint.arguments(PublishedSchema, required=False, example={"step": 3, "version": 2})
@blueprint.response(200, WholeTemplateSchema, example=SHOWN)
def publish_template_draft(body: dict[str, int], template_id: str) -> Template:
    """Make the draft the version that is sent

    LINE is asked whether it would take the messages.
    """
    draft, template = _draft(template_id), own_template(template_id)
    step, content = body.get("step", draft.step), draft.content
    if step != draft.step:
        raise _changed(draft.changed_by)
    try:
        messages = messages_of(content)
    except InvalidMessage as error:
        raise refused_fields({"messages": error}) from error
    check_messages(template.official_account, messages)
    name = str(content.get("name") or "").strip()[:LONGEST_NAME] or template.name
    tracks = content.get("tracks_links") is not False
    replaced = body.get("version", draft.base_version)
    seen = fingerprints({**editable(template), "version": replaced})
    written = Written(name, messages, tracks, content, SeenDraft(draft.id, step))
    try:
        unchanged(lambda: publish(template, written, actor(), seen, draft_alone=True))
    except ChangedMeanwhile as error:
        words = f"Version {template.version} was published after version {replaced}. Look at it, "
        words += "and name it as the version that the draft replaces."
        raise Problem(409, "changed", words, errors={"version": [words]}) from error
    return template


@blueprint.delete("/<template_id>/draft")
@blueprint.response(204)
def discard_template_draft(template_id: str) -> None:
    """Discard what was written; what is published stays"""
    draft = _draft(template_id)
    unchanged(lambda: discard(draft, SeenDraft(draft.id, draft.step)))


def _draft(template_id: str) -> TemplateDraft:
    draft = TemplateDraft.of_template(own_template(template_id).id)
    if draft is None:
        raise not_found()
    return draft


def _moved(template_id: str, body: dict[str, int], steps: int) -> dict[str, Any]:
    draft = _draft(template_id)
    seen = SeenDraft(draft.id, body.get("step", draft.step))
    return _shown(unchanged(lambda: move(draft, steps, actor(), seen)))


def unchanged(change: Callable[[], T]) -> T:
    """Change a draft; answer 409 where somebody else wrote in it meanwhile, 404 where it ended."""
    try:
        return change()
    except DraftChanged as error:
        raise _changed(error.by) from error
    except DraftEnded:
        raise not_found() from None


def _changed(by: str) -> Problem:
    words = f"{by} changed this draft meanwhile. Read it again."
    return Problem(409, "changed", words, errors={"step": [words]})


def _shown(draft: TemplateDraft) -> dict[str, Any]:
    try:
        messages, problem = messages_of(draft.content), ""
    except InvalidMessage as error:
        messages, problem = [], str(error)
    undo, redo = can_move(draft)
    return {
        "template": draft.template_id,
        "name": str(draft.content.get("name") or ""),
        "messages": messages,
        "problem": problem,
        "tracks_links": draft.content.get("tracks_links") is not False,
        "step": draft.step,
        "base_version": draft.base_version,
        "can_undo": undo,
        "can_redo": redo,
        "changed_by": draft.changed_by,
        "changed_at": draft.changed_at,
    }
