"""Templates: the editor with its preview of a phone."""

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _

from plugin.core.messages.drafts import KINDS
from plugin.core.overwrites import ChangedMeanwhile
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.sending.template import Template
from plugin.models.sending.template_draft import TemplateDraft
from plugin.models.sending.template_version import TemplateVersion
from plugin.services.message_templates.kept_drafts import DraftChanged, DraftEnded
from plugin.services.message_templates.library import LONGEST_NAME
from plugin.services.message_templates.publish import Written, publish, publish_new
from plugin.web.chosen_account import chosen_account
from plugin.web.layout import page
from plugin.web.message_templates.blueprint import blueprint
from plugin.web.message_templates.editor.draft import new_draft
from plugin.web.message_templates.editor.page import (
    Page,
    changed_page,
    editor_page,
    ended_page,
    number_of,
    overtaken_page,
    own_template,
    submitted_editor,
)
from plugin.web.message_templates.editor.state import (
    STEPS,
    EditorState,
    form_key,
    seen_draft,
    state_of,
    stored,
)
from plugin.web.message_templates.kept import moved, show_kept
from plugin.web.message_templates.preview import shown_drafts
from plugin.web.message_templates.problems import FieldProblem, check_content, plain
from plugin.web.message_templates.seen_as import friend_seen_as
from plugin.web.overwrites import submitted_fingerprints
from plugin.web.session import person, tenant


@blueprint.route("/templates/new", methods=["GET", "POST"])
def new_template() -> Page:
    """Show an empty editor; nothing is stored before LINE has checked it."""
    accounts = OfficialAccount.list_owned(tenant())
    if not accounts:
        return redirect(url_for("message_templates.templates"))
    if request.method == "GET" and number_of("draft"):
        draft = TemplateDraft.find_owned(tenant(), number_of("draft")) or abort(404)
        return editor_page(state_of(draft, None), draft=draft)
    if request.method == "GET":
        kind = request.args.get("kind", "")
        first = new_draft(kind if kind in KINDS else "text", request.args.get("design", ""))
        return editor_page(EditorState("", chosen_account() or accounts[0], [first]))
    return _pressed(submitted_editor(), None)


@blueprint.route("/templates/<row_id:template_id>", methods=["GET", "POST"])
def template(template_id: int) -> Page:
    """Edit the current version, or that of `?version=`; saving makes the next version."""
    template = own_template(template_id)
    if request.method == "POST":
        return _pressed(submitted_editor(template), template)
    draft = None if number_of("version") else TemplateDraft.of_template(template.id)
    if draft is not None:
        return editor_page(state_of(draft, template.official_account), template, draft)
    return editor_page(stored(template, _version(template)), template)


@blueprint.post("/templates/preview")
def preview_template() -> str:
    """Return only the phone, for the content of the editor."""
    editor = submitted_editor()
    return page(
        "message_templates/shown.html",
        account=editor.account,
        shown=shown_drafts(editor.drafts, editor.extras, friend_seen_as(editor.account)),
        tracks_links=editor.tracks_links,
    )


def _pressed(editor: EditorState, template: Template | None) -> Page:
    """Do what the button says that was pressed."""
    act = request.form.get("act", "")
    if act in STEPS:
        return moved(editor, template, STEPS[act])
    if act != "save":
        return show_kept(editor, template)
    checked, messages = _checked(editor)
    if checked.problems or checked.account is None:
        return show_kept(checked, template, refused=True)
    written = Written(checked.name, messages, checked.tracks_links, checked.content, seen_draft())
    try:
        if template is None:
            return _publish_new(checked.account, written)
        return _publish(checked, template, written)
    except DraftChanged as error:
        return overtaken_page(checked, template, error.by)
    except DraftEnded:
        return ended_page(checked, template)


def _publish_new(account: OfficialAccount, written: Written) -> Page:
    template = publish_new(account, written, person().member.email, form_key())
    flash(_("Published. Workflows and broadcasts can send it now."))
    return redirect(url_for("message_templates.template", template_id=template.id))


def _publish(checked: EditorState, template: Template, written: Written) -> Page:
    try:
        changed = publish(template, written, person().member.email, submitted_fingerprints())
    except ChangedMeanwhile as error:
        return changed_page(checked, own_template(template.id), error.names)
    words = _("Saved.")
    if changed:
        number = template.version
        words = _("Saved as version %(number)s. Workflows send it from now on.", number=number)
    flash(words)
    return redirect(url_for("message_templates.template", template_id=template.id))


def _version(template: Template) -> TemplateVersion:
    number = number_of("version")
    versions = {version.number: version for version in TemplateVersion.of_template(template.id)}
    return versions[template.version] if not number else versions.get(number) or abort(404)


def _checked(editor: EditorState) -> tuple[EditorState, list[dict[str, Any]]]:
    """The editor with everything that prevents saving, and its messages."""
    first: list[FieldProblem] = []
    if not 0 < len(editor.name) <= LONGEST_NAME:
        words = _("Give the template a name of at most %(most)s characters.", most=LONGEST_NAME)
        first.append(plain("name", words))
    if editor.account is None:
        first.append(plain("account", _("Choose the Official Account that sends.")))
    # LINE is asked once nothing else is wrong.
    checked = check_content(None if first else editor.account, editor.drafts, editor.extras)
    problems = (*first, *checked.problems)
    if not problems and not checked.by_line:
        flash(_("LINE could not be asked whether it would take this. Send yourself a test."), "bad")
    return editor._replace(problems=problems), checked.messages
