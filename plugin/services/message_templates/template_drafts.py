"""Drafts of templates: what somebody writes is kept step by step until it is published."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.sending.template import Template
from plugin.models.sending.template_draft import TemplateDraft
from plugin.models.transaction import transaction
from plugin.services.message_templates.kept_drafts import begun, discard, held, keep

# A draft of a new template that nobody comes back to.
FORGOTTEN = timedelta(days=90)
BATCH_SIZE = 200


def keep_draft(
    installation_id: int,
    content: dict[str, Any],
    by: str,
    *,
    template: Template | None = None,
    draft: TemplateDraft | None = None,
    seen_step: int = 0,
    published: dict[str, Any] | None = None,
) -> TemplateDraft:
    """Store the editor's content as the next step. Raise `DraftChanged` where the draft is not at
    `seen_step` any more and holds something else; nothing is stored then. `published`: what a draft
    that begins now began with, to which its first step can be undone."""
    with transaction():
        current = held_draft(draft, template)
        values = {
            "installation_id": installation_id,
            "official_account_id": template.official_account_id if template is not None else None,
            "template_id": template.id if template is not None else None,
            "base_version": template.version if template is not None else 0,
            "content": content,
            "changed_by": by,
        }
        # Two people may begin, and one may publish, at the same moment.
        while current is None:
            current = begun(TemplateDraft, values, published) or held_draft(None, template)
        keep(current, content, by, seen_step)
    return current


def held_draft(draft: TemplateDraft | None, template: Template | None) -> TemplateDraft | None:
    """Read a draft anew, or that of a template, and lock it; None where there is none any more."""
    if draft is not None:
        return held(TemplateDraft, TemplateDraft.id == draft.id)
    if template is not None:
        return held(TemplateDraft, TemplateDraft.template_id == template.id)
    return None


def discard_forgotten() -> bool:
    """Discard a batch of drafts that belong to no template; True where more are left."""
    old = select(TemplateDraft).where(
        TemplateDraft.template_id.is_(None), TemplateDraft.changed_at < utcnow() - FORGOTTEN
    )
    drafts = db.session.scalars(old.limit(BATCH_SIZE)).all()
    for draft in drafts:
        discard(draft)
    return len(drafts) == BATCH_SIZE
