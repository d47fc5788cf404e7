"""The step "what": messages in up to four variants, looked at and tried before they go out."""

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.overwrites import ChangedMeanwhile
from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.variant import Variant
from plugin.models.broadcasts.variant_draft import VariantDraft
from plugin.services.broadcasts.drafts import (
    Content,
    Written,
    add_variant,
    contents_of,
    remove_variant,
)
from plugin.services.broadcasts.usage import messages_of_variant
from plugin.services.message_templates.kept_drafts import DraftChanged, DraftEnded
from plugin.services.sending.trial_send import Trial, send_test
from plugin.web.broadcasts.blueprint import blueprint
from plugin.web.broadcasts.steps.drafts import Page, own_draft, save_step
from plugin.web.broadcasts.steps.typed import Typed
from plugin.web.broadcasts.steps.what_form import (
    Editor,
    content_of,
    kept_editor,
    preview_of,
    saved_editor,
    settings_of,
    submitted_editor,
)
from plugin.web.broadcasts.steps.written import (
    ended_page,
    moved,
    overtaken_page,
    show_kept,
    variant_number,
    variant_of,
    what_page,
)
from plugin.web.layout import page
from plugin.web.message_templates.actions import chosen_friend, report_test
from plugin.web.message_templates.editor.state import STEPS, seen_draft, submitted_form_key
from plugin.web.message_templates.problems import FieldProblem
from plugin.web.message_templates.seen_as import friend_seen_as
from plugin.web.overwrites import submitted_fingerprints
from plugin.web.session import person


@blueprint.route("/broadcasts/<row_id:broadcast_id>/what", methods=["GET", "POST"])
def what(broadcast_id: int) -> Page:
    """Write a variant, or choose its template; `?variant=` is its number from 0 on."""
    broadcast = own_draft(broadcast_id)
    number = variant_number(broadcast)
    if request.method == "GET":
        draft = VariantDraft.of_variant(broadcast.id, number)
        editor = (
            kept_editor(draft) if draft else saved_editor(broadcast, variant_of(broadcast, number))
        )
        return what_page(broadcast, number, editor, draft)
    editor, act = submitted_editor(broadcast), request.form.get("act", "")
    if act in STEPS:
        return moved(broadcast, number, editor, STEPS[act])
    if act != "save":
        return show_kept(broadcast, number, editor)
    return _save(broadcast, number, editor)


def _save(broadcast: Broadcast, number: int, editor: Editor) -> Page:
    typed = Typed(editor.settings)
    settings = settings_of(typed, split=len(Variant.of_broadcast(broadcast.id)) > 1)
    content, problems = _checked(broadcast, editor)
    if content is None or any(typed.errors.values()):
        return show_kept(broadcast, number, editor._replace(problems=problems), typed.errors)
    contents = contents_of(broadcast)
    contents[number : number + 1] = [content]
    written = Written(number, editor.content, seen_draft())
    try:
        differences = save_step(broadcast, settings, contents, written)
    except DraftChanged as error:
        return overtaken_page(broadcast, number, editor, error.by)
    except DraftEnded:
        return ended_page(broadcast, number, editor)
    if differences:
        return show_kept(broadcast, number, editor, differences=differences)
    return redirect(url_for("broadcasts.when", broadcast_id=broadcast.id))


@blueprint.post("/broadcasts/<row_id:broadcast_id>/what/preview")
def preview(broadcast_id: int) -> str:
    """Return only the phone, for the content of the editor."""
    broadcast = own_draft(broadcast_id)
    editor, account = submitted_editor(broadcast), broadcast.official_account
    shown, tracks = preview_of(broadcast, editor, friend_seen_as(account)), editor.tracks_links
    return page("message_templates/shown.html", account=account, shown=shown, tracks_links=tracks)


@blueprint.post("/broadcasts/<row_id:broadcast_id>/what/variants")
def change_variants(broadcast_id: int) -> Response:
    """Add a variant that begins as a copy of the first one, or remove the one that was seen."""
    broadcast = own_draft(broadcast_id)
    number = variant_number(broadcast)
    if request.form.get("act") == "remove":
        try:
            remove_variant(broadcast, number, submitted_fingerprints())
            number = 0
        except ChangedMeanwhile:
            words = _("Somebody changed the variants meanwhile. Nothing was removed; look again.")
            flash(words, "bad")
    elif request.form.get("act") == "add":
        number = add_variant(broadcast)
    return redirect(url_for("broadcasts.what", broadcast_id=broadcast.id, variant=number))


@blueprint.post("/broadcasts/<row_id:broadcast_id>/what/test")
def test_broadcast(broadcast_id: int) -> Response:
    """Send a saved variant to one friend, as a test that counts in no result."""
    broadcast = own_draft(broadcast_id)
    number = variant_number(broadcast)
    back = url_for("broadcasts.what", broadcast_id=broadcast.id, variant=number, _anchor="trial")
    variants = Variant.of_broadcast(broadcast.id)[number : number + 1]
    friend = chosen_friend(broadcast.official_account_id)
    if not variants or friend is None:
        flash(_("Save the message, and choose a friend of this account."), "bad")
        return redirect(back)
    trial = _trial(broadcast, variants[0])
    try:
        key = submitted_form_key()
        report_test(send_test(get_deps(), trial, friend, person().member, key), friend)
    except GatewayError:
        words = _("LINE or HubSpot cannot be reached just now. Musubi tries again for a while.")
        flash(words, "bad")
    return redirect(back)


def _trial(broadcast: Broadcast, variant: Variant) -> Trial:
    messages = messages_of_variant(broadcast, variant)
    return Trial(messages, variant.template_id, silent=broadcast.silent)


def _checked(
    broadcast: Broadcast, editor: Editor
) -> tuple[Content | None, tuple[FieldProblem, ...]]:
    """Return what is to be saved, or why not."""
    content, checked = content_of(broadcast, editor)
    if not checked.problems and not checked.by_line:
        flash(_("LINE could not be asked whether it would take this. Send yourself a test."), "bad")
    return content, checked.problems
