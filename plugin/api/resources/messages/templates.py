"""Templates: the messages a workflow can choose from."""

from typing import Any

from marshmallow import Schema, fields

from plugin.api.access import actor, tenant
from plugin.api.fields import Id, Moment, PlainText
from plugin.api.messages import check_messages, messages_field
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.resource import Resource, or_404, owned_account
from plugin.core.text.row_ids import row_id
from plugin.models.sending.template import Template
from plugin.models.sending.template_version import TemplateVersion
from plugin.services.message_templates.library import (
    LONGEST_NAME,
    archive_template,
    create_template,
    restore_template,
    save_version,
)

blueprint = Resource("templates", "Messages kept for workflows, in versions")
MESSAGES = [{"type": "text", "text": "Hello {{ contact.firstname | default('there') }}"}]
EXAMPLE = {"official_account": "1", "name": "Welcome", "messages": MESSAGES}
SHOWN = {
    **EXAMPLE,
    "tracks_links": True,
    "id": "5",
    "kind": "text",
    "version": 1,
    "created_at": "2026-11-23T09:30:00.000Z",
    "changed_at": "2026-11-23T09:30:00.000Z",
    "archived_at": None,
}


class TemplateSchema(ResponseSchema):
    id = Id(required=True)
    official_account = Id(attribute="official_account_id", required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    version = fields.Integer(required=True)  # the one that is sent
    created_at = Moment(required=True)
    changed_at = Moment(required=True)
    archived_at = Moment(required=True, allow_none=True)


class WholeTemplateSchema(TemplateSchema):
    messages = fields.Method("_present", required=True)
    tracks_links = fields.Method("_tracks", required=True)

    def _present(self, template: Template) -> list[dict[str, Any]]:
        return TemplateVersion.current(template).messages

    def _tracks(self, template: Template) -> bool:
        return TemplateVersion.current(template).tracks_links


class TemplateQuery(PageQuery):
    archived = fields.Boolean(load_default=False)  # False: those in use


def tracks_links(**more: Any) -> fields.Boolean:
    words = "Whether web addresses lead over Musubi, so that taps are counted"
    return fields.Boolean(metadata={"description": words}, **more)


class NewTemplateSchema(Schema):
    official_account = Id(required=True)
    name = PlainText(LONGEST_NAME, 1, required=True)
    # Tokens like `{{ contact.firstname | default('there') }}` are filled in when it is sent.
    messages = messages_field("One to five LINE message objects")
    tracks_links = tracks_links(load_default=True)


class NewVersionSchema(Schema):
    name = PlainText(LONGEST_NAME, 1)
    messages = messages_field("One to five LINE message objects, instead of all there were")
    tracks_links = tracks_links()


@blueprint.get("")
@blueprint.arguments(TemplateQuery, location="query")
@blueprint.response(200, list_of(TemplateSchema))
def list_templates(query: dict[str, Any]) -> Page:
    """List the templates in use, or the archived ones"""
    return page(Template.owned(tenant().id, query["archived"]), Template.id, query)


@blueprint.post("")
@blueprint.arguments(NewTemplateSchema, example=EXAMPLE)
@blueprint.response(201, WholeTemplateSchema, example=SHOWN)
def make_template(body: dict[str, Any]) -> Template:
    """Create a template

    LINE is asked whether it would take the messages; what it would refuse is not kept.
    """
    account = owned_account(body["official_account"])
    check_messages(account, body["messages"])
    tracks = body["tracks_links"]
    return create_template(account, body["name"], body["messages"], actor(), tracks_links=tracks)


@blueprint.get("/<template_id>")
@blueprint.response(200, WholeTemplateSchema, example=SHOWN)
def get_template(template_id: str) -> Template:
    """Look at one template"""
    return own_template(template_id)


@blueprint.put("/<template_id>")
@blueprint.arguments(NewVersionSchema, example={"name": "Welcome", "messages": MESSAGES})
@blueprint.response(200, WholeTemplateSchema, example=SHOWN)
def write_version(body: dict[str, Any], template_id: str) -> Template:
    """Write a new version, which workflows send from then on"""
    template = own_template(template_id)
    check_messages(template.official_account, body["messages"])
    name, tracks = body.get("name") or template.name, body.get("tracks_links")
    save_version(template, name, body["messages"], actor(), tracks_links=tracks)
    return template


@blueprint.delete("/<template_id>")
@blueprint.response(204)
def put_template_away(template_id: str) -> None:
    """Take a template out of use

    A workflow that names it sends nothing from then on, and says so in its history.
    """
    archive_template(own_template(template_id))


@blueprint.post("/<template_id>/restore")
@blueprint.response(200, WholeTemplateSchema, example=SHOWN)
def take_template_back(template_id: str) -> Template:
    """Take an archived template into use again

    Workflows that name it send it from then on.
    """
    template = own_template(template_id, archived=True)
    restore_template(template)
    return template


def own_template(template_id: str, archived: bool = False) -> Template:
    number = row_id(template_id) or 0
    template: Template = or_404(Template.find_owned(tenant().id, number, archived))
    return template
