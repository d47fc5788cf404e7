"""Drafts in the editor: kept while typing, undone and redone, continued, discarded."""

from flask import abort, flash, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.text.row_ids import row_id
from plugin.models.sending.template_draft import TemplateDraft
from plugin.services.message_templates.kept_drafts import (
    DraftChanged,
    can_move,
    discard,
    move,
)
from plugin.services.message_templates.template_drafts import keep_draft
from plugin.web.message_templates.blueprint import blueprint
from plugin.web.message_templates.state import (
    EditorState,
    keep_submitted,
    seen_step,
    submitted_draft,
)
from plugin.web.message_templates.views import own_template, submitted_editor
from plugin.web.session import person, tenant


@blueprint.post("/templates/keep")
def keep() -> Response | tuple[Response, int]:
    """Keep the editor's content while somebody writes; 409 names who wrote meanwhile."""
    template_id = row_id(request.form.get("template", ""))
    template = own_template(template_id) if template_id else None
    editor = submitted_editor(template.official_account if template is not None else None)
    try:
        draft = keep_submitted(editor, template)
    except DraftChanged as error:
        return jsonify(by=error.by), 409
    undo, redo = can_move(draft)
    return jsonify(draft=draft.id, step=draft.step, undo=undo, redo=redo)


@blueprint.post("/templates/drafts/<row_id:draft_id>/undo")
def undo(draft_id: int) -> Response:
    return _moved(own_draft(draft_id), -1)


@blueprint.post("/templates/drafts/<row_id:draft_id>/redo")
def redo(draft_id: int) -> Response:
    return _moved(own_draft(draft_id), 1)


def _moved(draft: TemplateDraft, steps: int) -> Response:
    """Move by a step. What was typed since the last one is kept as a step first, or as a draft of
    its own where somebody else changed this one."""
    editor, by = _typed_into(draft), person().member.email
    try:
        step = keep_submitted(editor, draft.template).step if editor is not None else seen_step()
        move(draft, steps, by, step)
    except DraftChanged as error:
        if editor is None or error.by == by:
            words = _("%(who)s changed this draft meanwhile. This is how it is now.", who=error.by)
        else:
            keep_draft(tenant(), editor.content, by)
            words = _(
                "%(who)s changed this draft meanwhile. This is how it is now; yours is kept as a"
                " draft of its own.",
                who=error.by,
            )
        flash(words, "bad")
    return redirect(address_of(draft))


def _typed_into(draft: TemplateDraft) -> EditorState | None:
    """Return what the form holds, None where it holds no content."""
    if "name" not in request.form:
        return None
    return submitted_editor(draft.template.official_account if draft.template else None)


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
    was = submitted_draft()
    account = was.template.official_account if was is not None and was.template else None
    editor = submitted_editor(account)
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
