"""Templates: the list, and the editor with its preview of a phone."""

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.messages.drafts import KINDS
from plugin.core.overwrites import ChangedMeanwhile
from plugin.core.text.row_ids import row_id
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.sending.template import Template
from plugin.models.sending.template_draft import TemplateDraft
from plugin.models.sending.template_version import TemplateVersion
from plugin.services.message_templates.kept_drafts import DraftChanged, DraftEnded
from plugin.services.message_templates.library import LONGEST_NAME, editable
from plugin.services.message_templates.publish import Written, publish, publish_new
from plugin.web.chosen_account import chosen_account
from plugin.web.layout import page
from plugin.web.message_templates.blueprint import blueprint
from plugin.web.message_templates.draft import (
    apply_action,
    drafts_of,
    extras_of,
    new_draft,
)
from plugin.web.message_templates.fields import editor_tools
from plugin.web.message_templates.preview import shown_drafts
from plugin.web.message_templates.problems import FieldProblem, by_field, check_content, plain
from plugin.web.message_templates.results import measured
from plugin.web.message_templates.seen_as import friend_seen_as, seen_as
from plugin.web.message_templates.state import (
    EditorState,
    form_key,
    keep_submitted,
    kept,
    seen_draft,
    state_of,
    stored,
)
from plugin.web.message_templates.trial import test_friends
from plugin.web.overwrites import FIELD, Difference, stamp, submitted_fingerprints, untouched
from plugin.web.segments.uses import uses_of_template
from plugin.web.session import person, tenant

Page = str | Response | tuple[str, int]


@blueprint.route("/templates/new", methods=["GET", "POST"])
def new_template() -> Page:
    """Show an empty editor; nothing is stored before LINE has checked it."""
    accounts = OfficialAccount.list_owned(tenant())
    if not accounts:
        return redirect(url_for("message_templates.templates"))
    if request.method == "GET" and _number("draft"):
        draft = TemplateDraft.find_owned(tenant(), _number("draft")) or abort(404)
        return _editor(state_of(draft, None), draft=draft)
    if request.method == "GET":
        kind = request.args.get("kind", "")
        first = new_draft(kind if kind in KINDS else "text", request.args.get("design", ""))
        return _editor(EditorState("", chosen_account() or accounts[0], [first]))
    editor = _submitted(_own_account(accounts))
    return _publish_new(editor) if request.form.get("act") == "save" else _kept(editor)


def _publish_new(editor: EditorState) -> Page:
    checked, messages = _checked(editor)
    if checked.problems or checked.account is None:
        return _kept(checked, refused=True)
    written, by = _written(checked, messages), person().member.email
    try:
        template = publish_new(checked.account, written, by, form_key())
    except DraftChanged as error:
        return _editor(checked._replace(overtaken_by=error.by)), 409
    except DraftEnded:
        return ended_page(checked)
    flash(_("Published. Workflows and broadcasts can send it now."))
    return redirect(url_for("message_templates.template", template_id=template.id))


@blueprint.route("/templates/<row_id:template_id>", methods=["GET", "POST"])
def template(template_id: int) -> Page:
    """Edit the current version, or that of `?version=`; saving makes the next version."""
    template = own_template(template_id)
    if request.method == "GET":
        draft = None if _number("version") else TemplateDraft.of_template(template.id)
        shown = (
            state_of(draft, template.official_account)
            if draft
            else stored(template, _version(template))
        )
        return _editor(shown, template, draft)
    editor = _submitted(template.official_account)
    if request.form.get("act") != "save":
        return _kept(editor, template)
    checked, messages = _checked(editor)
    if checked.problems:
        return _kept(checked, template, refused=True)
    written, by = _written(checked, messages), person().member.email
    try:
        changed = publish(template, written, by, submitted_fingerprints())
    except DraftChanged as error:
        return _editor(checked._replace(overtaken_by=error.by), template), 409
    except ChangedMeanwhile as error:
        return _changed_meanwhile(checked, own_template(template_id), error.names), 409
    if changed:
        flash(
            _(
                "Saved as version %(number)s. Workflows send it from now on.",
                number=template.version,
            )
        )
    else:
        flash(_("Saved."))
    return redirect(url_for("message_templates.template", template_id=template.id))


@blueprint.post("/templates/preview")
def preview_template() -> str:
    """Return only the phone, for the content of the editor."""
    accounts = OfficialAccount.list_owned(tenant())
    editor = _submitted(_own_account(accounts))
    return page(
        "message_templates/shown.html",
        account=editor.account,
        shown=shown_drafts(editor.drafts, editor.extras, friend_seen_as(editor.account)),
        tracks_links=editor.tracks_links,
    )


def submitted_editor(account: OfficialAccount | None) -> EditorState:
    """Return what was submitted; of a new template, with the account that was chosen."""
    return _submitted(account or _own_account(OfficialAccount.list_owned(tenant())))


def _kept(editor: EditorState, template: Template | None = None, *, refused: bool = False) -> Page:
    """Keep what was submitted, and show it again."""
    try:
        draft = keep_submitted(editor, template)
    except DraftChanged as error:
        return _editor(editor._replace(overtaken_by=error.by), template), 409
    except DraftEnded:
        return ended_page(editor, template)
    html = _editor(editor, template, draft)
    return (html, 422) if refused else html


def ended_page(editor: EditorState, template: Template | None = None) -> Page:
    """Show what was typed into a draft that was published or discarded meanwhile."""
    return _editor(editor._replace(has_ended=True), template), 409


def _written(editor: EditorState, messages: list[dict[str, Any]]) -> Written:
    return Written(editor.name, messages, editor.tracks_links, editor.content, seen_draft())


def own_template(template_id: int, archived: bool = False) -> Template:
    """Return the template of this tenant, or 404."""
    return Template.find_owned(tenant(), template_id, archived) or abort(404)


def _version(template: Template) -> TemplateVersion:
    number = _number("version")
    versions = {version.number: version for version in TemplateVersion.of_template(template.id)}
    return versions[template.version] if not number else versions.get(number) or abort(404)


def _submitted(account: OfficialAccount | None) -> EditorState:
    """The submitted editor, after the action of the button that was pressed."""
    drafts = apply_action(drafts_of(request.form), request.form.get("act", ""))
    name = request.form.get("name", "").strip().replace("\0", "")
    tracks = request.form.get("tracks_links") == "yes"
    return EditorState(name, account, drafts, extras_of(request.form), tracks)


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


def _changed_meanwhile(editor: EditorState, template: Template, names: frozenset[str]) -> str:
    """The editor with what was typed, over the version that another person saved meanwhile."""
    differences = []
    if "name" in names:
        differences.append(Difference(_("Name"), template.name))
        if untouched("name", editor.name, submitted_fingerprints()):
            editor = editor._replace(name=template.name)
    if "version" in names:
        newest = TemplateVersion.current(template)
        by = _("version %(number)s, by %(who)s", number=newest.number, who=newest.by)
        differences.append(Difference(_("Messages"), by))
    return _editor(editor._replace(differences=tuple(differences)), template)


def _seen(editor: EditorState, template: Template | None) -> str:
    # Until it is saved, the form belongs to the template as it was when it was opened.
    if template is None:
        return ""
    sent = "" if editor.differences else request.form.get(FIELD, "")
    return sent or stamp(editable(template))


def _editor(
    editor: EditorState, template: Template | None = None, draft: TemplateDraft | None = None
) -> str:
    viewer = seen_as(editor.account)
    return page(
        "message_templates/edit.html",
        "templates",
        editor=editor,
        template=template,
        seen=_seen(editor, template),
        form_key=form_key(),
        overtaken_draft=seen_draft().id,
        unsaved=bool(editor.overtaken_by) or editor.has_ended,
        kept=kept(draft) if draft is not None else None,
        account=editor.account,
        viewer=viewer,
        shown=shown_drafts(editor.drafts, editor.extras, viewer.friend),
        tracks_links=editor.tracks_links,
        accounts=OfficialAccount.list_owned(tenant()),
        **editor_tools(editor.extras),
        flaws=by_field(editor.problems),
        versions=TemplateVersion.of_template(template.id) if template else [],
        looked_at=_number("version"),
        trial=test_friends(template.official_account_id) if template else None,
        measured=measured(template) if template else None,
        uses=uses_of_template(template) if template else [],
    )


def _own_account(accounts: list[OfficialAccount]) -> OfficialAccount | None:
    account_id = request.form.get("account", "")
    return next((account for account in accounts if str(account.id) == account_id), None)


def _number(name: str) -> int:
    return row_id(request.args.get(name, "")) or 0
