"""A template's versions and its draft: what was sent, and what is written and not sent yet."""

from collections.abc import Callable
from typing import Any

from marshmallow import Schema, fields

from plugin.api.access import actor, tenant
from plugin.api.fields import Id, Moment, PlainText
from plugin.api.messages import check_messages, messages_field
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.problems import Problem, not_found, refused_fields
from plugin.api.resource import or_404, own_in_body
from plugin.api.resources.messages.deliveries import WholeDeliverySchema
from plugin.api.resources.messages.templates import (
    MESSAGES,
    SHOWN,
    WholeTemplateSchema,
    blueprint,
    own_template,
    tracks_links,
)
from plugin.core.messages.part import InvalidMessage
from plugin.guards import get_deps
from plugin.models.connections.member import Member
from plugin.models.people.friend import Friend
from plugin.models.sending.template import Template
from plugin.models.sending.template_draft import TemplateDraft
from plugin.models.sending.template_version import TemplateVersion
from plugin.services.message_templates.check import own_problems
from plugin.services.message_templates.draft_messages import content_of, messages_of
from plugin.services.message_templates.library import LONGEST_NAME, duplicate, save_version
from plugin.services.message_templates.template_drafts import (
    DraftChanged,
    can_move,
    discard,
    keep_draft,
    move,
)
from plugin.services.sending.trial_send import Trial, send_test

SHOWN_DRAFT = {
    "template": "5",
    "name": "Welcome",
    "messages": MESSAGES,
    "problem": "",
    "tracks_links": True,
    "step": 3,
    "can_undo": True,
    "can_redo": False,
    "changed_by": "anna@example.com",
    "changed_at": "2026-11-28T09:30:00.000Z",
}


class TemplateVersionSchema(ResponseSchema):
    number = fields.Integer(required=True)
    messages = fields.List(fields.Dict(), required=True)
    tracks_links = fields.Boolean(required=True)
    by = fields.String(required=True)
    created_at = Moment(required=True)


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
    can_undo = fields.Boolean(required=True)
    can_redo = fields.Boolean(required=True)
    changed_by = fields.String(required=True)
    changed_at = Moment(required=True)


class StepSchema(Schema):
    step = fields.Integer(
        strict=True,
        metadata={"description": "The step that was read; where it is another one now: 409"},
    )


class NewDraftSchema(StepSchema):
    name = PlainText(LONGEST_NAME, 1)
    messages = messages_field("One to five LINE message objects")
    tracks_links = tracks_links()


class CopySchema(Schema):
    name = PlainText(LONGEST_NAME, 1, metadata={"description": "Absent: “Copy of …”"})


class TrialSchema(Schema):
    friend = Id(required=True)
    member = Id(metadata={"description": "Whose test it is, for whom the friend is remembered"})


@blueprint.get("/<template_id>/versions")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, list_of(TemplateVersionSchema))
def list_template_versions(query: dict[str, Any], template_id: str) -> Page:
    """List a template's versions, the newest first"""
    rows = TemplateVersion.owned_by(own_template(template_id).id)
    return page(rows, TemplateVersion.id, query, newest_first=True)


@blueprint.post("/<template_id>/versions/<number>/restore")
@blueprint.response(200, WholeTemplateSchema, example=SHOWN)
def restore_template_version(template_id: str, number: str) -> Template:
    """Send a former version again, as a new version"""
    template = own_template(template_id)
    former = or_404(TemplateVersion.numbered(template.id, number))
    check_messages(template.official_account, former.messages)
    tracks = former.tracks_links
    save_version(template, template.name, former.messages, actor(), tracks_links=tracks)
    return template


@blueprint.post("/<template_id>/duplicate")
@blueprint.arguments(CopySchema, required=False, example={"name": "Welcome, in short"})
@blueprint.response(201, WholeTemplateSchema, example=SHOWN)
def duplicate_template(body: dict[str, str], template_id: str) -> Template:
    """Copy a template"""
    template = own_template(template_id)
    return duplicate(template, body.get("name") or f"Copy of {template.name}", actor())


@blueprint.post("/<template_id>/test")
@blueprint.arguments(TrialSchema, example={"friend": "12"})
@blueprint.response(201, WholeDeliverySchema)
def test_template(body: dict[str, int], template_id: str) -> Any:
    """Send a template to one friend, as a test that counts in no result"""
    template = own_template(template_id)
    return send_trial(Trial.of(template), body, template.official_account_id)


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
    kept = _unchanged(
        lambda: keep_draft(
            tenant().id,
            content,
            actor(),
            template=template,
            draft=draft,
            seen_step=step,
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
@blueprint.arguments(StepSchema, required=False, example={"step": 3})
@blueprint.response(200, WholeTemplateSchema, example=SHOWN)
def publish_template_draft(body: dict[str, int], template_id: str) -> Template:
    """Make the draft the version that is sent

    LINE is asked whether it would take the messages.
    """
    draft, template = _draft(template_id), own_template(template_id)
    if body.get("step", draft.step) != draft.step:
        raise _changed(draft.changed_by)
    try:
        messages = messages_of(draft.content)
    except InvalidMessage as error:
        raise refused_fields({"messages": error}) from error
    check_messages(template.official_account, messages)
    name = str(draft.content.get("name") or "").strip()[:LONGEST_NAME] or template.name
    tracks = draft.content.get("tracks_links") is not False
    save_version(template, name, messages, actor(), tracks_links=tracks)
    discard(draft)
    return template


@blueprint.delete("/<template_id>/draft")
@blueprint.response(204)
def discard_template_draft(template_id: str) -> None:
    """Discard what was written; what is published stays"""
    discard(_draft(template_id))


def send_trial(trial: Trial, body: dict[str, int], account_id: int) -> Any:
    """Send a test to the friend of a body."""
    friend: Friend = own_in_body(Friend, body["friend"], "friend")
    if friend.official_account_id != account_id:
        words = "This is a friend of another Official Account."
        raise Problem(422, "invalid", words, errors={"friend": [words]})
    member = own_in_body(Member, body["member"], "member") if "member" in body else None
    return send_test(get_deps(), trial, friend, member)


def _draft(template_id: str) -> TemplateDraft:
    draft = TemplateDraft.of_template(own_template(template_id).id)
    if draft is None:
        raise not_found()
    return draft


def _moved(template_id: str, body: dict[str, int], steps: int) -> dict[str, Any]:
    draft = _draft(template_id)
    seen = body.get("step", draft.step)
    return _shown(_unchanged(lambda: move(draft, steps, actor(), seen)))


def _unchanged(change: Callable[[], TemplateDraft]) -> TemplateDraft:
    try:
        return change()
    except DraftChanged as error:
        raise _changed(error.by) from error


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
        "can_undo": undo,
        "can_redo": redo,
        "changed_by": draft.changed_by,
        "changed_at": draft.changed_at,
    }
