"""The step "what": messages in up to four variants, looked at and tried before they go out."""

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.variant import Variant
from plugin.services.broadcasts.drafts import MOST_VARIANTS, Content, save_draft
from plugin.services.broadcasts.usage import messages_of_variant
from plugin.services.sending.trial_send import Trial, send_test
from plugin.web.broadcasts.blueprint import blueprint
from plugin.web.broadcasts.steps.drafts import Page, own_draft, save_step, seen_stamp, step_page
from plugin.web.broadcasts.steps.typed import Typed, as_text
from plugin.web.broadcasts.steps.what_form import (
    TEMPLATE,
    WRITTEN,
    Editor,
    content_of,
    preview_of,
    settings_of,
    stored_editor,
    submitted_editor,
    templates_of,
)
from plugin.web.broadcasts.words import LETTERS
from plugin.web.layout import page
from plugin.web.message_templates.actions import chosen_friend, report_test
from plugin.web.message_templates.fields import editor_tools
from plugin.web.message_templates.problems import FieldProblem, by_field
from plugin.web.message_templates.seen_as import friend_seen_as, seen_as
from plugin.web.message_templates.trial import test_friends
from plugin.web.overwrites import Difference
from plugin.web.owned import row_id
from plugin.web.session import person

EDITED = ("silent", "contents", "split_percent", "split_by", "split_hours")


@blueprint.route("/broadcasts/<row_id:broadcast_id>/what", methods=["GET", "POST"])
def what(broadcast_id: int) -> Page:
    """Write a variant, or choose its template; `?variant=` is its number from 0 on."""
    broadcast = own_draft(broadcast_id)
    variants = Variant.of_broadcast(broadcast.id)
    number = min(_number(), max(len(variants) - 1, 0))
    if request.method == "GET":
        usual = WRITTEN if variants or not templates_of(broadcast) else TEMPLATE
        editor = stored_editor(variants[number] if variants else None, usual)
        return _page(broadcast, variants, number, editor, Typed(_stored(broadcast)))
    editor, typed = submitted_editor(), Typed(request.form)
    if request.form.get("act") != "save":
        return _page(broadcast, variants, number, editor, typed)
    settings = settings_of(typed, split=len(variants) > 1)
    content, problems = _checked(broadcast, editor)
    if content is None or any(typed.errors.values()):
        return _page(broadcast, variants, number, editor._replace(problems=problems), typed), 422
    contents = [_content(variant) for variant in variants]
    contents[number : number + 1] = [content]
    differences = save_step(broadcast, settings, contents)
    if differences:
        return _page(broadcast, variants, number, editor, typed, differences), 409
    return redirect(url_for("broadcasts.when", broadcast_id=broadcast.id))


@blueprint.post("/broadcasts/<row_id:broadcast_id>/what/preview")
def preview(broadcast_id: int) -> str:
    """Return only the phone, for the content of the editor."""
    broadcast = own_draft(broadcast_id)
    editor, account = submitted_editor(), broadcast.official_account
    shown, tracks = preview_of(broadcast, editor, friend_seen_as(account)), editor.tracks_links
    return page("message_templates/shown.html", account=account, shown=shown, tracks_links=tracks)


@blueprint.post("/broadcasts/<row_id:broadcast_id>/what/variants")
def change_variants(broadcast_id: int) -> Response:
    """Add a variant that begins as a copy of the first one, or remove one."""
    broadcast, number = own_draft(broadcast_id), _number()
    contents = [_content(variant) for variant in Variant.of_broadcast(broadcast.id)]
    if request.form.get("act") == "remove" and len(contents) > 1 and number < len(contents):
        del contents[number]
        number = 0
    elif request.form.get("act") == "add" and 0 < len(contents) < MOST_VARIANTS:
        contents.append(contents[0])
        number = len(contents) - 1
    save_draft(broadcast, {}, contents)
    return redirect(url_for("broadcasts.what", broadcast_id=broadcast.id, variant=number))


@blueprint.post("/broadcasts/<row_id:broadcast_id>/what/test")
def test_broadcast(broadcast_id: int) -> Response:
    """Send a saved variant to one friend, as a test that counts in no result."""
    broadcast, number = own_draft(broadcast_id), _number()
    back = url_for("broadcasts.what", broadcast_id=broadcast.id, variant=number, _anchor="trial")
    variants = Variant.of_broadcast(broadcast.id)[number : number + 1]
    friend = chosen_friend(broadcast.official_account_id)
    if not variants or friend is None:
        flash(_("Save the message, and choose a friend of this account."), "bad")
        return redirect(back)
    trial = _trial(broadcast, variants[0])
    try:
        report_test(send_test(get_deps(), trial, friend, person().member), friend)
    except GatewayError:
        words = _("LINE or HubSpot cannot be reached just now. Musubi tries again for a while.")
        flash(words, "bad")
    return redirect(back)


def _trial(broadcast: Broadcast, variant: Variant) -> Trial:
    messages = messages_of_variant(broadcast, variant)
    return Trial(messages, variant.template_id, silent=broadcast.silent)


def _number() -> int:
    return row_id(request.values.get("variant", ""))


def _content(variant: Variant) -> Content:
    return Content(variant.messages, variant.template_id, variant.tracks_links)


def _stored(broadcast: Broadcast) -> dict[str, str]:
    names = ("silent", "split_percent", "split_by", "split_hours")
    return {name: as_text(getattr(broadcast, name)) for name in names}


def _checked(
    broadcast: Broadcast, editor: Editor
) -> tuple[Content | None, tuple[FieldProblem, ...]]:
    """Return what is to be saved, or why not."""
    content, checked = content_of(broadcast, editor)
    if not checked.problems and not checked.by_line:
        flash(_("LINE could not be asked whether it would take this. Send yourself a test."), "bad")
    return content, checked.problems


def _page(
    broadcast: Broadcast,
    variants: list[Variant],
    number: int,
    editor: Editor,
    typed: Typed,
    differences: tuple[Difference, ...] = (),
) -> str:
    viewer = seen_as(broadcast.official_account)
    return step_page(
        "what",
        broadcast,
        variants=variants,
        number=number,
        letters=LETTERS,
        most=MOST_VARIANTS,
        editor=editor,
        templates=templates_of(broadcast),
        values=typed.values,
        errors=typed.errors,
        differences=differences,
        seen=seen_stamp(broadcast, EDITED),
        account=broadcast.official_account,
        viewer=viewer,
        shown=preview_of(broadcast, editor, viewer.friend),
        tracks_links=editor.tracks_links,
        trial=test_friends(broadcast.official_account_id),
        **editor_tools(editor.extras),
        flaws=by_field(editor.problems),
    )
