"""The editor's page, and what its form sends."""

from flask import abort, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.text.row_ids import row_id
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.sending.template import Template
from plugin.models.sending.template_draft import TemplateDraft
from plugin.models.sending.template_version import TemplateVersion
from plugin.services.message_templates.library import editable
from plugin.web.layout import page
from plugin.web.message_templates.editor.draft import apply_action, drafts_of, extras_of
from plugin.web.message_templates.editor.state import EditorState, form_key, kept, seen_draft
from plugin.web.message_templates.fields import editor_tools
from plugin.web.message_templates.preview import shown_drafts
from plugin.web.message_templates.problems import by_field
from plugin.web.message_templates.results import measured
from plugin.web.message_templates.seen_as import seen_as
from plugin.web.message_templates.trial import test_friends
from plugin.web.overwrites import FIELD, Difference, stamp, submitted_fingerprints, untouched
from plugin.web.segments.uses import uses_of_template
from plugin.web.session import tenant

Page = str | Response | tuple[str, int]


def own_template(template_id: int, archived: bool = False) -> Template:
    """Return the template of this tenant, or 404."""
    return Template.find_owned(tenant(), template_id, archived) or abort(404)


def submitted_editor(template: Template | None = None) -> EditorState:
    """Return what was submitted, after the action of the button that was pressed; the account of a
    new template is the chosen one."""
    account = template.official_account if template is not None else _chosen_account()
    drafts = apply_action(drafts_of(request.form), request.form.get("act", ""))
    name = request.form.get("name", "").strip().replace("\0", "")
    tracks = request.form.get("tracks_links") == "yes"
    return EditorState(name, account, drafts, extras_of(request.form), tracks)


def _chosen_account() -> OfficialAccount | None:
    account_id = request.form.get("account", "")
    accounts = OfficialAccount.list_owned(tenant())
    return next((account for account in accounts if str(account.id) == account_id), None)


def editor_page(
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
        looked_at=number_of("version"),
        trial=test_friends(template.official_account_id) if template else None,
        measured=measured(template) if template else None,
        uses=uses_of_template(template) if template else [],
    )


def overtaken_page(editor: EditorState, template: Template | None, by: str) -> Page:
    """Show what was typed into a draft that somebody else changed meanwhile."""
    return editor_page(editor._replace(overtaken_by=by), template), 409


def ended_page(editor: EditorState, template: Template | None = None) -> Page:
    """Show what was typed into a draft that was published or discarded meanwhile."""
    return editor_page(editor._replace(has_ended=True), template), 409


def changed_page(editor: EditorState, template: Template, names: frozenset[str]) -> Page:
    """Show what was typed, over the version that another person saved meanwhile."""
    differences = []
    if "name" in names:
        differences.append(Difference(_("Name"), template.name))
        if untouched("name", editor.name, submitted_fingerprints()):
            editor = editor._replace(name=template.name)
    if "version" in names:
        newest = TemplateVersion.current(template)
        by = _("version %(number)s, by %(who)s", number=newest.number, who=newest.by)
        differences.append(Difference(_("Messages"), by))
    return editor_page(editor._replace(differences=tuple(differences)), template), 409


def _seen(editor: EditorState, template: Template | None) -> str:
    # Until it is saved, the form belongs to the template as it was when it was opened.
    if template is None:
        return ""
    sent = "" if editor.differences else request.form.get(FIELD, "")
    return sent or stamp(editable(template))


def number_of(name: str) -> int:
    """Return the number of the address's parameter; 0 where there is none."""
    return row_id(request.args.get(name, "")) or 0
