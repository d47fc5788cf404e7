"""Drafts of new templates: messages kept in the editor until a person publishes them."""

from typing import Any

from marshmallow import fields

from plugin.api.access import actor, tenant
from plugin.api.fields import Computed, Id, Moment
from plugin.api.messages import check_messages
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.resource import Resource, or_404, owned_account
from plugin.api.resources.messages.draft_of_template import unchanged
from plugin.api.resources.messages.templates import EXAMPLE, NewTemplateSchema
from plugin.core.text.row_ids import row_id
from plugin.models.sending.template_draft import TemplateDraft
from plugin.services.message_templates.draft_messages import content_of
from plugin.services.message_templates.kept_drafts import SeenDraft, discard
from plugin.services.message_templates.template_drafts import keep_draft

blueprint = Resource("template-drafts", "New templates that nobody has published yet")
SHOWN = {
    "id": "3",
    "official_account": "1",
    "name": "Welcome",
    "changed_by": "anna@example.com",
    "changed_at": "2026-11-28T09:30:00.000Z",
}


class NewTemplateDraftSchema(ResponseSchema):
    id = Id(required=True)
    official_account = Computed(lambda draft: _kept(draft, "account"), required=True)
    name = Computed(lambda draft: _kept(draft, "name"), required=True)
    changed_by = fields.String(required=True)
    changed_at = Moment(required=True)


class NewTemplateDraftBodySchema(NewTemplateSchema):
    """The same as a new template's."""


@blueprint.get("")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, list_of(NewTemplateDraftSchema))
def list_template_drafts(query: dict[str, Any]) -> Page:
    """List the drafts of new templates"""
    rows = TemplateDraft.owned(tenant().id).where(TemplateDraft.template_id.is_(None))
    return page(rows, TemplateDraft.id, query)


@blueprint.post("")
@blueprint.arguments(NewTemplateDraftBodySchema, example=EXAMPLE)
@blueprint.response(201, NewTemplateDraftSchema, example=SHOWN)
def draft_template(body: dict[str, Any]) -> TemplateDraft:
    """Keep messages as the draft of a new template

    LINE is asked whether it would take them. A person publishes the draft in the editor.
    """
    account = owned_account(body["official_account"])
    check_messages(account, body["messages"])
    content = content_of(
        body["name"], account.id, body["messages"], tracks_links=body["tracks_links"]
    )
    return keep_draft(tenant().id, content, actor())


@blueprint.delete("/<draft_id>")
@blueprint.response(204)
def discard_new_template_draft(draft_id: str) -> None:
    """Discard the draft of a new template"""
    found = TemplateDraft.find_owned(tenant().id, row_id(draft_id) or 0)
    draft = or_404(found if found is not None and found.template_id is None else None)
    unchanged(lambda: discard(draft, SeenDraft(draft.id, draft.step)))


def _kept(draft: TemplateDraft, name: str) -> str:
    return str(draft.content.get(name) or "")
