"""Drafts of templates: what somebody writes is kept step by step until it is published."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.sending.template import Template
from plugin.models.sending.template_draft import TemplateDraft, TemplateDraftStep
from plugin.models.sql import insert_or
from plugin.models.transaction import transaction

STEPS_KEPT = 100
# A draft of a new template that nobody comes back to.
FORGOTTEN = timedelta(days=90)
BATCH_SIZE = 200


class DraftChanged(Exception):
    """Somebody else wrote since the form was loaded; `by` is their e-mail address."""

    def __init__(self, by: str) -> None:
        super().__init__(by)
        self.by = by


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
    `seen_step` any more, and then store nothing. `published`: what a draft that begins now began
    with, to which its first step can be undone."""
    with transaction():
        draft = hold(draft, template) or _begun(installation_id, content, by, template, published)
        if refuse_overtaken(draft, content, seen_step):
            return draft
        if draft.content != content or not draft.newest_step:
            _add_step(draft, content, by)
    return draft


def move(draft: TemplateDraft, steps: int, by: str, seen_step: int) -> TemplateDraft:
    """Undo (-1) or redo (1) a step, where there is one. Raise `DraftChanged` as above."""
    with transaction() as session:
        held = session.get_one(
            TemplateDraft, draft.id, populate_existing=True, with_for_update={"of": TemplateDraft}
        )
        if held.step != seen_step:
            raise DraftChanged(held.changed_by)
        step = session.get(TemplateDraftStep, (held.id, held.step + steps))
        if step is not None and step.number <= held.newest_step:
            held.content, held.step = step.content, step.number
            held.changed_by, held.changed_at = by, utcnow()
    return held


def discard(draft: TemplateDraft) -> None:
    with transaction():
        drop(draft)


def drop(draft: TemplateDraft) -> None:
    """Delete the draft with its steps, inside the caller's transaction."""
    session = db.session
    session.execute(delete(TemplateDraftStep).where(TemplateDraftStep.draft_id == draft.id))
    session.execute(delete(TemplateDraft).where(TemplateDraft.id == draft.id))


def can_move(draft: TemplateDraft) -> tuple[bool, bool]:
    """Return whether a step can be undone, and redone."""
    before = db.session.get(TemplateDraftStep, (draft.id, draft.step - 1))
    return before is not None, draft.step < draft.newest_step


def discard_forgotten() -> bool:
    """Discard a batch of drafts that belong to no template; True where more are left."""
    old = select(TemplateDraft).where(
        TemplateDraft.template_id.is_(None), TemplateDraft.changed_at < utcnow() - FORGOTTEN
    )
    drafts = db.session.scalars(old.limit(BATCH_SIZE)).all()
    for draft in drafts:
        discard(draft)
    return len(drafts) == BATCH_SIZE


def hold(draft: TemplateDraft | None, template: Template | None) -> TemplateDraft | None:
    """Read a draft anew, or that of a template, and lock it; None where there is none any more."""
    statement = select(TemplateDraft).with_for_update(of=TemplateDraft)
    if draft is not None:
        statement = statement.where(TemplateDraft.id == draft.id)
    elif template is not None:
        statement = statement.where(TemplateDraft.template_id == template.id)
    else:
        return None
    return db.session.scalar(statement.execution_options(populate_existing=True))


def refuse_overtaken(held: TemplateDraft, content: dict[str, Any], seen_step: int) -> bool:
    """Return whether a later step holds this content already, kept by a call whose answer was
    lost. Raise `DraftChanged` where it holds another."""
    if held.step == seen_step:
        return False
    if held.content != content:
        raise DraftChanged(held.changed_by)
    return True


def _begun(
    installation_id: int,
    content: dict[str, Any],
    by: str,
    template: Template | None,
    published: dict[str, Any] | None,
) -> TemplateDraft:
    now = utcnow()
    fresh = {
        "installation_id": installation_id,
        "official_account_id": template.official_account_id if template is not None else None,
        "template_id": template.id if template is not None else None,
        "content": content,
        "base_version": template.version if template is not None else 0,
        "step": 0, "newest_step": 0, "changed_by": by, "changed_at": now, "created_at": now,
    }  # fmt: skip
    # Two people may begin at the same moment.
    begun = insert_or(TemplateDraft).values(fresh).on_conflict_do_nothing()
    draft_id = db.session.scalar(begun.returning(TemplateDraft.id))
    if draft_id is not None:
        if published is not None:
            first = TemplateDraftStep(draft_id=draft_id, number=0, content=published, by=by, at=now)
            db.session.add(first)
        return db.session.get_one(TemplateDraft, draft_id)
    held = hold(None, template)
    assert held is not None  # noqa: S101 - the conflict is with this row
    return held


def _add_step(draft: TemplateDraft, content: dict[str, Any], by: str) -> None:
    gone = delete(TemplateDraftStep).where(
        TemplateDraftStep.draft_id == draft.id,
        (TemplateDraftStep.number > draft.step)
        | (TemplateDraftStep.number <= draft.step - STEPS_KEPT),
    )
    db.session.execute(gone, execution_options={"synchronize_session": False})
    draft.step = draft.newest_step = draft.step + 1
    draft.content, draft.changed_by, draft.changed_at = content, by, utcnow()
    db.session.add(
        TemplateDraftStep(
            draft_id=draft.id, number=draft.step, content=content, by=by, at=draft.changed_at
        )
    )
