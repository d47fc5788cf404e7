"""Drafts of templates: what somebody writes is kept step by step until it is published."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.sending.template import Template
from plugin.models.sending.template_draft import TemplateDraft
from plugin.models.transaction import transaction
from plugin.services.message_templates.kept_drafts import (
    NOTHING_SEEN,
    DraftChanged,
    DraftEnded,
    SeenDraft,
    begun,
    discard,
    held,
    keep,
)

# A draft of a new template that nobody comes back to.
FORGOTTEN = timedelta(days=90)
BATCH_SIZE = 200


def keep_draft(
    installation_id: int,
    content: dict[str, Any],
    by: str,
    *,
    template: Template | None = None,
    seen: SeenDraft = NOTHING_SEEN,
    published: dict[str, Any] | None = None,
) -> TemplateDraft:
    """Store the editor's content as the next step of the template's draft, or of the draft that a
    form of a new template was loaded with. Raise `DraftChanged` where it is not as it was seen and
    holds something else, and `DraftEnded` where it is gone; nothing is stored then. `published`:
    what a draft that begins now began with, to which its first step can be undone."""
    with transaction():
        current = held_draft(installation_id, template, seen.id)
        if current is None and seen.id:
            raise DraftEnded
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
            current = begun(TemplateDraft, values, published)
            if current is not None:
                seen = SeenDraft(current.id)
            else:
                current = held_draft(installation_id, template, 0)
        keep(current, content, by, seen)
    return current


def held_draft(
    installation_id: int, template: Template | None, draft_id: int
) -> TemplateDraft | None:
    """Read a template's draft anew, or that of a new one by its id, and lock it; None where there
    is none."""
    if template is not None:
        return held(TemplateDraft, TemplateDraft.template_id == template.id)
    return held(
        TemplateDraft,
        TemplateDraft.id == draft_id,
        TemplateDraft.installation_id == installation_id,
        TemplateDraft.template_id.is_(None),
    )


def discard_forgotten() -> bool:
    """Discard a batch of drafts that belong to no template; True where more are left."""
    old = select(TemplateDraft).where(
        TemplateDraft.template_id.is_(None), TemplateDraft.changed_at < utcnow() - FORGOTTEN
    )
    drafts = db.session.scalars(old.limit(BATCH_SIZE)).all()
    for draft in drafts:
        # Somebody went on with it just now.
        with suppress(DraftChanged):
            discard(draft, SeenDraft(draft.id, draft.step))
    return len(drafts) == BATCH_SIZE
