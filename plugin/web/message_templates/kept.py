"""Drafts in the editor: kept while typing, undone and redone, continued, discarded."""

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.text.row_ids import row_id
from plugin.models.sending.template import Template
from plugin.models.sending.template_draft import TemplateDraft
from plugin.models.system.audit_entry import apart_from_deed
from plugin.services.message_templates.kept_drafts import (
    DraftChanged,
    DraftEnded,
    discard,
    holds,
)
from plugin.services.message_templates.template_drafts import keep_draft
from plugin.web.message_templates.blueprint import blueprint
from plugin.web.message_templates.editor.page import (
    Page,
    editor_page,
    ended_page,
    overtaken_page,
    own_template,
    submitted_editor,
)
from plugin.web.message_templates.editor.state import (
    EditorState,
    answer_kept,
    keep_submitted,
    move_submitted,
    seen_draft,
    was_typed,
)
from plugin.web.session import person, tenant


@blueprint.post("/templates/keep")
def keep() -> Response | tuple[Response, int]:
    """Keep the editor's content while somebody writes; 409 names who wrote meanwhile."""
    editor, template = _submitted()
    return answer_kept(lambda: keep_submitted(editor, template))


@apart_from_deed()
def show_kept(editor: EditorState, template: Template | None, *, refused: bool = False) -> Page:
    """Keep what was submitted, and show it again: with 422 where it was to be published and cannot
    be."""
    try:
        draft = keep_submitted(editor, template)
    except DraftChanged as error:
        return overtaken_page(editor, template, error.by)
    except DraftEnded:
        return ended_page(editor, template)
    html = editor_page(editor, template, draft)
    return (html, 422) if refused else html


@apart_from_deed()
def moved(editor: EditorState, template: Template | None, steps: int) -> Page:
    """Move by a step. What was typed since the last one is kept as a step first, or as a draft of
    its own where the draft was changed meanwhile."""
    try:
        draft = move_submitted(
            steps, lambda: keep_submitted(editor, template), lambda: _draft(template)
        )
        return redirect(address_of(draft))
    except DraftChanged as error:
        return _beside(editor, template, error.by)
    except DraftEnded:
        return ended_page(editor, template)


def _beside(editor: EditorState, template: Template | None, who: str) -> Page:
    """Go on with the draft that somebody else changed; what they never saw becomes one of its
    own."""
    try:
        draft = _draft(template)
    except DraftEnded:
        return ended_page(editor, template)
    if not was_typed() or holds(draft, editor.content, seen_draft().step):
        words = _changed_words(who)
    else:
        keep_draft(tenant(), editor.content, person().member.email)
        words = _(
            "%(who)s changed this draft meanwhile. This is how it is now; yours is kept as a"
            " draft of its own.",
            who=who,
        )
    flash(words, "bad")
    return redirect(address_of(draft))


def _changed_words(who: str) -> str:
    return str(_("%(who)s changed this draft meanwhile. This is how it is now.", who=who))


def _draft(template: Template | None) -> TemplateDraft:
    """Return the draft of the form. Raise `DraftEnded` where it is gone."""
    if template is not None:
        draft = TemplateDraft.of_template(template.id)
    else:
        draft = TemplateDraft.find_owned(tenant(), seen_draft().id)
    if draft is None:
        raise DraftEnded
    return draft


def _submitted() -> tuple[EditorState, Template | None]:
    """Return what the form holds, and the template that it writes; None: a new one."""
    template_id = row_id(request.form.get("template", ""))
    template = own_template(template_id) if template_id else None
    return submitted_editor(template), template


@blueprint.post("/templates/drafts/<row_id:draft_id>/discard")
def discard_draft(draft_id: int) -> Response:
    draft = own_draft(draft_id)
    template_id = draft.template_id
    try:
        discard(draft, seen_draft())
    except DraftChanged as error:
        flash(_changed_words(error.by), "bad")
        return redirect(address_of(draft))
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
