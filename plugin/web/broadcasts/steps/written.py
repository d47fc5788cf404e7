"""What is written in the step "what" and not saved: kept, undone, redone, discarded."""

from flask import flash, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.variant import Variant
from plugin.models.broadcasts.variant_draft import VariantDraft
from plugin.models.system.audit_entry import apart_from_deed
from plugin.services.broadcasts.drafts import (
    MOST_VARIANTS,
    SET_WITH_MESSAGES,
    Written,
    WrongState,
    base_of,
    keep_variant,
)
from plugin.services.message_templates.kept_drafts import (
    DraftChanged,
    DraftEnded,
    discard,
)
from plugin.web.broadcasts.blueprint import blueprint
from plugin.web.broadcasts.steps.drafts import Page, own_draft, seen_stamp, step_page
from plugin.web.broadcasts.steps.typed import Errors
from plugin.web.broadcasts.steps.what_form import (
    Editor,
    preview_of,
    saved_editor,
    submitted_editor,
    templates_of,
)
from plugin.web.broadcasts.words import LETTERS
from plugin.web.message_templates.editor.state import (
    answer_kept,
    form_key,
    kept,
    move_submitted,
    seen_draft,
)
from plugin.web.message_templates.fields import editor_tools
from plugin.web.message_templates.problems import by_field
from plugin.web.message_templates.seen_as import seen_as
from plugin.web.message_templates.trial import test_friends
from plugin.web.overwrites import Difference
from plugin.web.owned import row_id
from plugin.web.session import person


@blueprint.post("/broadcasts/<row_id:broadcast_id>/what/keep")
def keep_what(broadcast_id: int) -> Response | tuple[Response, int]:
    """Keep the step's content while somebody writes; 409 names who wrote meanwhile, or says that
    the draft ended, as it does where the broadcast is none any more."""
    try:
        broadcast = own_draft(broadcast_id)
        number, editor = variant_number(broadcast), submitted_editor(broadcast)
        return answer_kept(lambda: _keep(broadcast, number, editor))
    except WrongState:
        return jsonify(ended=True), 409


@blueprint.post("/broadcasts/<row_id:broadcast_id>/what/discard")
def discard_what(broadcast_id: int) -> Page:
    broadcast = own_draft(broadcast_id)
    number = variant_number(broadcast)
    draft = VariantDraft.of_variant(broadcast.id, number)
    if draft is not None:
        try:
            discard(draft, seen_draft())
        except DraftChanged as error:
            return overtaken_page(broadcast, number, submitted_editor(broadcast), error.by)
    flash(_("The draft is discarded. What was saved stays as it is."))
    return _back(broadcast, number)


@apart_from_deed()
def moved(broadcast: Broadcast, number: int, editor: Editor, steps: int) -> Page:
    """Move by a step. What was typed since the last one is kept as a step first."""
    try:
        move_submitted(
            steps, lambda: _keep(broadcast, number, editor), lambda: _draft(broadcast, number)
        )
    except DraftChanged as error:
        return overtaken_page(broadcast, number, editor, error.by)
    except DraftEnded:
        return ended_page(broadcast, number, editor)
    return _back(broadcast, number)


def _draft(broadcast: Broadcast, number: int) -> VariantDraft:
    """Return the draft of the variant. Raise `DraftEnded` where it is gone."""
    draft = VariantDraft.of_variant(broadcast.id, number)
    if draft is None:
        raise DraftEnded
    return draft


def _back(broadcast: Broadcast, number: int) -> Response:
    return redirect(url_for("broadcasts.what", broadcast_id=broadcast.id, variant=number or None))


def _keep(broadcast: Broadcast, number: int, editor: Editor) -> VariantDraft:
    saved = saved_editor(broadcast, variant_of(broadcast, number)).content
    written = Written(number, editor.content, seen_draft())
    return keep_variant(broadcast, written, person().member.email, saved)


def variant_number(broadcast: Broadcast) -> int:
    """Return the number that the address names, of a variant that is there; else the last one."""
    variants = Variant.of_broadcast(broadcast.id)
    return min(row_id(request.values.get("variant", "")), max(len(variants) - 1, 0))


def variant_of(broadcast: Broadcast, number: int) -> Variant | None:
    variants = Variant.of_broadcast(broadcast.id)
    return variants[number] if number < len(variants) else None


@apart_from_deed()
def show_kept(
    broadcast: Broadcast,
    number: int,
    editor: Editor,
    errors: Errors | None = None,
    differences: tuple[Difference, ...] = (),
) -> Page:
    """Keep what was submitted, and show it again: with 422 where it was to be saved and has
    `errors`, with 409 where another person saved meanwhile."""
    try:
        draft = _keep(broadcast, number, editor)
    except DraftChanged as error:
        return overtaken_page(broadcast, number, editor, error.by)
    except DraftEnded:
        return ended_page(broadcast, number, editor)
    html = what_page(broadcast, number, editor, draft, differences, errors)
    if differences:
        return html, 409
    return html if errors is None else (html, 422)


def overtaken_page(broadcast: Broadcast, number: int, editor: Editor, by: str) -> Page:
    """Show what was typed beside a draft that somebody else changed; the next press replaces it."""
    draft = VariantDraft.of_variant(broadcast.id, number)
    return what_page(broadcast, number, editor._replace(overtaken_by=by), draft), 409


def ended_page(broadcast: Broadcast, number: int, editor: Editor) -> Page:
    """Show what was typed into a draft that was saved or discarded; the next press goes on with
    it."""
    return what_page(broadcast, number, editor._replace(has_ended=True)), 409


def what_page(
    broadcast: Broadcast,
    number: int,
    editor: Editor,
    draft: VariantDraft | None = None,
    differences: tuple[Difference, ...] = (),
    errors: Errors | None = None,
) -> str:
    viewer, variants = seen_as(broadcast.official_account), Variant.of_broadcast(broadcast.id)
    return step_page(
        "what",
        broadcast,
        variants=variants,
        number=number,
        letters=LETTERS,
        most=MOST_VARIANTS,
        editor=editor,
        kept=kept(draft) if draft is not None else None,
        saved_since=draft is not None and draft.base != base_of(broadcast, number),
        templates=templates_of(broadcast),
        values=editor.settings,
        errors=errors or Errors(),
        differences=differences,
        form_key=form_key(),
        seen=seen_stamp(broadcast, (*SET_WITH_MESSAGES, "contents")),
        contents_seen=seen_stamp(broadcast, ("contents",)),
        account=broadcast.official_account,
        viewer=viewer,
        shown=preview_of(broadcast, editor, viewer.friend),
        tracks_links=editor.tracks_links,
        trial=test_friends(broadcast.official_account_id),
        **editor_tools(editor.extras),
        flaws=by_field(editor.problems),
    )
