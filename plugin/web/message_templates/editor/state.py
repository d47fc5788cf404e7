"""What the editor holds, saved or not, valid or not; and the same as a draft keeps it."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

from flask import jsonify, request
from werkzeug.wrappers import Response

from plugin.core.clock import utcnow
from plugin.core.messages.compose import MessageExtras
from plugin.core.messages.drafts import Draft
from plugin.core.text.row_ids import row_id
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.sending.kept_draft import KeptDraft
from plugin.models.sending.template import Template
from plugin.models.sending.template_draft import TemplateDraft
from plugin.models.sending.template_version import TemplateVersion
from plugin.services.message_templates.kept_drafts import (
    D,
    DraftChanged,
    DraftEnded,
    SeenDraft,
    can_move,
    move,
)
from plugin.services.message_templates.template_drafts import keep_draft
from plugin.web.message_templates.editor.draft import stored_drafts
from plugin.web.message_templates.problems import FieldProblem
from plugin.web.overwrites import Difference
from plugin.web.session import person, tenant

# So long after somebody's last change they are taken to be still writing.
STILL_WRITING = timedelta(minutes=3)

LONGEST_KEY = 40
# By how many steps a button of the form moves.
STEPS = {"undo": -1, "redo": 1}


class EditorState(NamedTuple):
    """The content of the editor, saved or not, valid or not."""

    name: str
    account: OfficialAccount | None
    drafts: list[Draft]
    extras: MessageExtras = MessageExtras()
    tracks_links: bool = True
    problems: tuple[FieldProblem, ...] = ()
    differences: tuple[Difference, ...] = ()
    # Who changed the draft since this form was loaded.
    overtaken_by: str = ""
    # The draft was published or discarded since.
    has_ended: bool = False

    @property
    def content(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "account": self.account.id if self.account is not None else 0,
            "drafts": self.drafts,
            "extras": dict(self.extras._asdict()),
            "tracks_links": self.tracks_links,
        }


class Kept(NamedTuple):
    """A draft as the page shows it. `rival`: another person who is writing just now."""

    draft: KeptDraft
    can_undo: bool
    can_redo: bool
    rival: str


def kept(draft: KeptDraft) -> Kept:
    is_other = draft.changed_by != person().member.email
    is_recent = utcnow() - draft.changed_at < STILL_WRITING
    return Kept(draft, *can_move(draft), draft.changed_by if is_other and is_recent else "")


def answer_kept(keep: Callable[[], KeptDraft]) -> Response | tuple[Response, int]:
    """Answer the page's script with the draft's step; 409 names who wrote meanwhile."""
    try:
        draft = keep()
    except DraftChanged as error:
        return jsonify(by=error.by), 409
    except DraftEnded:
        return jsonify(ended=True), 409
    undo, redo = can_move(draft)
    return jsonify(draft=draft.id, step=draft.step, undo=undo, redo=redo)


def state_of(draft: TemplateDraft, account: OfficialAccount | None) -> EditorState:
    """Return the editor as the draft keeps it; what is odd in it counts as absent."""
    content = draft.content
    if account is None:
        account = OfficialAccount.find_owned(tenant(), int(content.get("account") or 0))
    drafts = [each for each in content.get("drafts") or [] if isinstance(each, dict)]
    extras = MessageExtras.of(dict(content.get("extras") or {}))
    tracks = content.get("tracks_links") is not False
    return EditorState(str(content.get("name") or ""), account, drafts, extras, tracks)


def seen_draft() -> SeenDraft:
    """Return the draft that the form was loaded with, and its step."""
    return SeenDraft(*(row_id(request.form.get(name, "")) or 0 for name in ("draft", "step")))


def was_typed() -> bool:
    """Whether something was typed since the draft was kept; without scripts nobody knows."""
    return request.form.get("typed") != "no"


def move_submitted(steps: int, keep: Callable[[], D], find: Callable[[], D]) -> D:
    """Move the form's draft by so many steps. What was typed since the last one is kept as a step
    first. Raise `DraftChanged` or `DraftEnded`."""
    seen = seen_draft()
    if was_typed() or not seen.id:
        draft = keep()
        seen = SeenDraft(draft.id, draft.step)
    else:
        draft = find()
    return move(draft, steps, person().member.email, seen)


def submitted_form_key() -> str:
    """Return what is the same for each press of one form."""
    return request.form.get("form_key", "")[:LONGEST_KEY]


def form_key() -> str:
    return submitted_form_key() or secrets.token_urlsafe(12)


def keep_submitted(editor: EditorState, template: Template | None) -> TemplateDraft:
    """Keep what was submitted. Raise `DraftChanged` where somebody else wrote meanwhile, and
    `DraftEnded` where the draft is gone."""
    seen, published = seen_draft(), None
    if template is not None and not seen.id:
        published = stored(template, TemplateVersion.current(template)).content
    return keep_draft(
        tenant(),
        editor.content,
        person().member.email,
        template=template,
        seen=seen,
        published=published,
    )


def stored(template: Template, version: TemplateVersion) -> EditorState:
    """Return the editor as it shows a version."""
    drafts, extras = stored_drafts(version.messages)
    account = template.official_account
    return EditorState(template.name, account, drafts, extras, version.tracks_links)
