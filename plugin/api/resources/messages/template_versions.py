"""A template's versions: what was sent and what is; copies and tests of it."""

from typing import Any

from marshmallow import Schema, fields

from plugin.api.access import actor
from plugin.api.fields import Id, Moment, PlainText
from plugin.api.messages import check_messages
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.problems import Problem
from plugin.api.resource import or_404, own_in_body
from plugin.api.resources.messages.deliveries import WholeDeliverySchema
from plugin.api.resources.messages.templates import (
    SHOWN,
    WholeTemplateSchema,
    blueprint,
    own_template,
)
from plugin.guards import get_deps
from plugin.models.connections.member import Member
from plugin.models.people.friend import Friend
from plugin.models.sending.template import Template
from plugin.models.sending.template_version import TemplateVersion
from plugin.services.message_templates.library import LONGEST_NAME, duplicate, save_version
from plugin.services.sending.trial_send import Trial, send_test


class TemplateVersionSchema(ResponseSchema):
    number = fields.Integer(required=True)
    messages = fields.List(fields.Dict(), required=True)
    tracks_links = fields.Boolean(required=True)
    by = fields.String(required=True)
    created_at = Moment(required=True)


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


def send_trial(trial: Trial, body: dict[str, int], account_id: int) -> Any:
    """Send a test to the friend of a body."""
    friend: Friend = own_in_body(Friend, body["friend"], "friend")
    if friend.official_account_id != account_id:
        words = "This is a friend of another Official Account."
        raise Problem(422, "invalid", words, errors={"friend": [words]})
    member = own_in_body(Member, body["member"], "member") if "member" in body else None
    return send_test(get_deps(), trial, friend, member)
