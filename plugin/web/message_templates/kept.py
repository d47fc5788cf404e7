"""Drafts in the editor: kept while typing, undone and redone, continued, discarded."""

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.text.row_ids import row_id
from plugin.models.sending.template import Template
from plugin.models.sending.template_draft import TemplateDraft
from plugin.services.message_templates.kept_drafts import (
    DraftChanged,
    DraftEnded,
    SeenDraft,
    discard,
    holds,
    move,
)
from plugin.services.message_templates.template_drafts import keep_draft
from plugin.web.message_templates.blueprint import blueprint
from plugin.web.message_templates.state import (
    EditorState,
    answer_kept,
    keep_submitted,
    seen_draft,
    was_typed,
)
from plugin.web.message_templates.views import Page, ended_page, own_template, submitted_editor
from plugin.web.session import person, tenant


@blueprint.post("/templates/keep")
def keep() -> Response | tuple[Response, int]:
    """Keep the editor's content while somebody writes; 409 names who wrote meanwhile."""
    editor, template = _submitted()
    return answer_kept(lambda: keep_submitted(editor, template))


@blueprint.post("/templates/drafts/<row_id:draft_id>/undo")
def undo(draft_id: int) -> Page:
    return _moved(draft_id, -1)


@blueprint.post("/templates/drafts/<row_id:draft_id>/redo")
def redo(draft_id: int) -> Page:
    return _moved(draft_id, 1)


def _moved(draft_id: int, steps: int) -> Page:
    """Move by a step. What was typed since the last one is kept as a step first, or as a draft of
    its own where the draft was changed meanwhile."""
    draft, by = TemplateDraft.find_owned(tenant(), draft_id), person().member.email
    if "name" not in request.form or (draft is None and not was_typed()):
        abort(404)
    editor, template = _submitted()
    if draft is None:
        return ended_page(editor, template)
    try:
        if was_typed():
            draft = keep_submitted(editor, draft.template)
            move(draft, steps, by, SeenDraft(draft.id, draft.step))
        else:
            move(draft, steps, by, seen_draft())
    except DraftChanged as error:
        if not was_typed() or holds(draft, editor.content, seen_draft().step):
            words = _("%(who)s changed this draft meanwhile. This is how it is now.", who=error.by)
        else:
            keep_draft(tenant(), editor.content, by)
            words = _(
                "%(who)s changed this draft meanwhile. This is how it is now; yours is kept as a"
                " draft of its own.",
                who=error.by,
            )
        flash(words, "bad")
    except DraftEnded:
        return ended_page(editor, template)
    return redirect(address_of(draft))


def _submitted() -> tuple[EditorState, Template | None]:
    """Return what the form holds, and the template that it writes; None: a new one."""
    template_id = row_id(request.form.get("template", ""))
    template = own_template(template_id) if template_id else None
    return submitted_editor(template.official_account if template is not None else None), template


@blueprint.post("/templates/drafts/<row_id:draft_id>/discard")
def discard_draft(draft_id: int) -> Response:
    draft = own_draft(draft_id)
    template_id = draft.template_id
    discard(draft)
    flash(_("The draft is discarded. What was published stays as it is."))
    if template_id is not None:
        return redirect(url_for("message_templates.template", template_id=template_id))
    return redirect(url_for("message_templates.templates"))


@blueprint.post("/templates/copy")
def keep_as_copy() -> Response:
    """Keep what was typed as a draft of its own, where somebody else changed the draft."""
    editor, _template = _submitted()
    draft = keep_draft(tenant(), editor.content, person().member.email)
    flash(_("Kept as a draft of its own."))
    return redirect(address_of(draft))


def own_draft(draft_id: int) -> TemplateDraft:
    return TemplateDraft.find_owned(tenant(), draft_id) or abort(404)


def address_of(draft: TemplateDraft) -> str:
    """Return where the draft is continued."""
    if draft.template_id is not None:
        return url_for("message_templates.template", template_id=draft.template_id)
    return url_for("message_templates.new_template", draft=draft.id)
