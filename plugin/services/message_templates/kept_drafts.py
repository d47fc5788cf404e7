"""Drafts of messages: each change is a step that can be undone, and nobody overwrites another."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from plugin.core.clock import utcnow
from plugin.core.messages.drafts import same_content
from plugin.models.base import db
from plugin.models.sending.kept_draft import KeptDraft
from plugin.models.sql import insert_or
from plugin.models.transaction import transaction

STEPS_KEPT = 100
D = TypeVar("D", bound=KeptDraft)


class DraftChanged(Exception):
    """Somebody else wrote since the form was loaded; `by` is their e-mail address."""

    def __init__(self, by: str) -> None:
        super().__init__(by)
        self.by = by


class DraftEnded(Exception):
    """The draft was published, saved or discarded since the form was loaded."""


class SeenDraft(NamedTuple):
    """The draft that a form was loaded with; `id` 0: there was none yet."""

    id: int = 0
    step: int = 0


NOTHING_SEEN = SeenDraft()


def held(kind: type[D], *where: ColumnElement[bool]) -> D | None:
    """Read a draft anew and lock it, inside the caller's transaction."""
    statement = select(kind).where(*where).with_for_update(of=kind)
    return db.session.scalar(statement.execution_options(populate_existing=True))


def begun(kind: type[D], values: Mapping[str, Any], first: Mapping[str, Any] | None) -> D | None:
    """Insert a draft inside the caller's transaction; None where another was begun at the same
    moment. `values`: its content, whose it is, and `changed_by`. `first`: the content to which its
    first step can be undone."""
    now = utcnow()
    fresh = {"step": 0, "newest_step": 0, "changed_at": now, "created_at": now, **values}
    statement = insert_or(kind).values(fresh).on_conflict_do_nothing()
    draft_id = db.session.scalar(statement.returning(kind.id))
    if draft_id is None:
        return None
    if first is not None:
        by = values["changed_by"]
        db.session.add(kind.steps(draft_id=draft_id, number=0, content=first, by=by, at=now))
    return db.session.get_one(kind, draft_id)


def keep(draft: KeptDraft, content: dict[str, Any], by: str, seen: SeenDraft) -> None:
    """Store the next step of a draft that the caller holds. Raise `DraftChanged` where it is not as
    it was seen and holds something else."""
    if refuse_overtaken(draft, content, seen):
        return
    if not same_content(draft.content, content) or not draft.newest_step:
        _add_step(draft, content, by)


def refuse_overtaken(draft: KeptDraft | None, content: dict[str, Any], seen: SeenDraft) -> bool:
    """Return whether a later step holds this content already, kept by a call whose answer was
    lost. Raise `DraftChanged` where it holds another, and `DraftEnded` where it is gone."""
    if draft is None:
        if seen.id:
            raise DraftEnded
        return False
    if (draft.id, draft.step) == seen:
        return False
    if not same_content(draft.content, content):
        raise DraftChanged(draft.changed_by)
    return True


def holds(draft: KeptDraft, content: dict[str, Any], step: int) -> bool:
    """Whether the draft holds this content, or did at that step."""
    kept = _step(db.session(), draft, step)
    seen = kept.content if kept is not None else None
    return same_content(draft.content, content) or same_content(seen, content)


def move(draft: D, steps: int, by: str, seen: SeenDraft) -> D:
    """Undo (-1) or redo (1) a step, where there is one. Raise `DraftChanged` or
    `DraftEnded` as above."""
    kind = type(draft)
    with transaction() as session:
        current = held(kind, kind.id == draft.id)
        if current is None:
            raise DraftEnded
        if (current.id, current.step) != seen:
            raise DraftChanged(current.changed_by)
        step = _step(session, current, current.step + steps)
        if step is not None and step.number <= current.newest_step:
            current.content, current.step = step.content, step.number
            current.changed_by, current.changed_at = by, utcnow()
    return current


def can_move(draft: KeptDraft) -> tuple[bool, bool]:
    """Return whether a step can be undone, and redone."""
    before = _step(db.session(), draft, draft.step - 1)
    return before is not None, draft.step < draft.newest_step


def discard(draft: KeptDraft, seen: SeenDraft) -> None:
    """Drop the draft, where it is there still. Raise `DraftChanged` where somebody wrote in it
    since."""
    kind = type(draft)
    with transaction():
        current = held(kind, kind.id == draft.id)
        if current is None:
            return
        if (current.id, current.step) != seen:
            raise DraftChanged(current.changed_by)
        drop(current)


def drop(draft: KeptDraft) -> None:
    """Delete the draft with its steps, inside the caller's transaction."""
    steps, kind = draft.steps, type(draft)
    db.session.execute(delete(steps).where(steps.draft_id == draft.id))
    db.session.execute(delete(kind).where(kind.id == draft.id))


def _step(session: Session, draft: KeptDraft, number: int) -> Any:
    return session.get(draft.steps, (draft.id, number))


def _add_step(draft: KeptDraft, content: dict[str, Any], by: str) -> None:
    steps = draft.steps
    gone = delete(steps).where(
        steps.draft_id == draft.id,
        (steps.number > draft.step) | (steps.number <= draft.step - STEPS_KEPT),
    )
    db.session.execute(gone, execution_options={"synchronize_session": False})
    draft.step = draft.newest_step = draft.step + 1
    draft.content, draft.changed_by, draft.changed_at = content, by, utcnow()
    at = draft.changed_at
    db.session.add(steps(draft_id=draft.id, number=draft.step, content=content, by=by, at=at))
