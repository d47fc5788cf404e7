"""The list of templates, and of drafts that were never published."""

from typing import Any

from flask import request, url_for
from sqlalchemy import select

from plugin.core.messages.drafts import KINDS, kind_of
from plugin.core.text.row_ids import row_id
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.sending.template import Template
from plugin.models.sending.template_draft import TemplateDraft
from plugin.models.sending.template_kinds import with_kind
from plugin.models.sending.template_version import TemplateVersion
from plugin.web.chosen_account import account_filter
from plugin.web.layout import page
from plugin.web.message_templates.blueprint import blueprint
from plugin.web.message_templates.fields import KIND_WORDS
from plugin.web.newest import newest
from plugin.web.session import tenant

PAGE, DRAFTS = 60, 20


@blueprint.get("/templates")
def templates() -> str:
    """List templates, newest first, by name, account and kind; in use, or archived."""
    q, kind = request.args.get("q", "").strip()[:100], request.args.get("kind", "")
    account, before = account_filter(request.args), row_id(request.args.get("before", "")) or 0
    archived = request.args.get("archived") == "yes"
    statement = Template.owned(tenant(), archived)
    if q:
        statement = statement.where(Template.name.icontains(q, autoescape=True))
    if kind in KINDS:
        statement = statement.where(with_kind(kind))
    if account:
        statement = statement.where(Template.official_account_id == account)
    rows, older = newest(statement, Template.id, before, PAGE)
    ids = [row.id for row in rows]
    words: dict[str, Any] = {"q": q, "kind": kind, "account": account or ""}
    words |= {"archived": "yes"} if archived else {}
    return page(
        "message_templates/list.html",
        "templates",
        templates=rows,
        older=url_for("message_templates.templates", **words, before=older) if older else "",
        narrowed=bool(q or kind or account or before),
        archived=archived,
        any_archived=archived or _any_archived(),
        accounts=OfficialAccount.list_owned(tenant()),
        kinds=KIND_WORDS,
        kinds_of=_kinds(ids),
        drafts=[] if archived or before else _new_drafts(),
        drafted=_drafted(ids),
        q=q,
        kind=kind,
        chosen=account,
    )


def _new_drafts() -> list[TemplateDraft]:
    """Return drafts of templates that were never published."""
    unpublished = TemplateDraft.owned(tenant()).where(TemplateDraft.template_id.is_(None))
    newest = unpublished.order_by(TemplateDraft.changed_at.desc()).limit(DRAFTS)
    return list(db.session.scalars(newest))


def _drafted(template_ids: list[int]) -> set[int]:
    """Return which of the templates have a draft."""
    statement = select(TemplateDraft.template_id).where(TemplateDraft.template_id.in_(template_ids))
    return {template_id for template_id in db.session.scalars(statement) if template_id}


def _kinds(template_ids: list[int]) -> dict[int, list[str]]:
    """Return the kinds of each template's messages, each once, in their order."""
    return {
        template_id: list(dict.fromkeys(kind_of(message) for message in version.messages))
        for template_id, version in TemplateVersion.current_of(template_ids).items()
    }


def _any_archived() -> bool:
    return db.session.scalar(Template.owned(tenant(), archived=True).limit(1)) is not None
