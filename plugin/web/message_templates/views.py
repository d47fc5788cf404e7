"""Templates: the list, and the editor with its preview of a phone."""

from typing import Any, NamedTuple

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.messages.compose import MessageExtras, decorate
from plugin.core.messages.drafts import KINDS, Draft
from plugin.core.messages.part import InvalidMessage
from plugin.core.overwrites import ChangedMeanwhile
from plugin.core.text.row_ids import row_id
from plugin.guards import get_deps
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.sending.template import Template
from plugin.models.sending.template_version import TemplateVersion
from plugin.services.message_templates.check import check_template
from plugin.services.message_templates.library import (
    LONGEST_NAME,
    create_template,
    editable,
    save_version,
)
from plugin.web.language import in_words
from plugin.web.layout import page
from plugin.web.message_templates.blueprint import blueprint
from plugin.web.message_templates.draft import (
    apply_action,
    drafts_of,
    extras_of,
    messages_of,
    new_draft,
    stored_drafts,
)
from plugin.web.message_templates.fields import KIND_WORDS, editor_tools
from plugin.web.message_templates.preview import preview_drafts
from plugin.web.message_templates.results import measured
from plugin.web.message_templates.trial import test_friends
from plugin.web.overwrites import FIELD, Difference, stamp, submitted_fingerprints, untouched
from plugin.web.segments.uses import uses_of_template
from plugin.web.session import person, tenant

PAGE = 60
Page = str | Response | tuple[str, int]


class EditorState(NamedTuple):
    """The content of the editor, saved or not, valid or not."""

    name: str
    account: OfficialAccount | None
    drafts: list[Draft]
    extras: MessageExtras = MessageExtras()
    tracks_links: bool = True
    problems: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()


@blueprint.get("/templates")
def templates() -> str:
    """List templates, newest first, by name, account and kind; in use, or archived."""
    q, kind = request.args.get("q", "").strip()[:100], request.args.get("kind", "")
    account, before = _number("account"), _number("before")
    archived = request.args.get("archived") == "yes"
    statement = Template.owned(tenant(), archived)
    if q:
        statement = statement.where(Template.name.icontains(q, autoescape=True))
    if kind in KINDS:
        statement = statement.where(Template.kind == kind)
    if account:
        statement = statement.where(Template.official_account_id == account)
    if before:
        statement = statement.where(Template.id < before)
    rows = list(db.session.scalars(statement.order_by(Template.id.desc()).limit(PAGE + 1)))
    words: dict[str, Any] = {"q": q, "kind": kind, "account": account or ""}
    words |= {"archived": "yes"} if archived else {}
    more = len(rows) > PAGE
    return page(
        "message_templates/list.html",
        "templates",
        templates=rows[:PAGE],
        older=url_for("message_templates.templates", **words, before=rows[PAGE - 1].id)
        if more
        else "",
        narrowed=bool(q or kind or account or before),
        archived=archived,
        any_archived=archived or _any_archived(),
        accounts=OfficialAccount.list_owned(tenant()),
        kinds=KIND_WORDS,
        q=q,
        kind=kind,
        chosen=account,
    )


@blueprint.route("/templates/new", methods=["GET", "POST"])
def new_template() -> Page:
    """Show an empty editor; nothing is stored before LINE has checked it."""
    accounts = OfficialAccount.list_owned(tenant())
    if not accounts:
        return redirect(url_for("message_templates.templates"))
    if request.method == "GET":
        kind = request.args.get("kind", "")
        first = new_draft(kind if kind in KINDS else "text")
        return _editor(EditorState("", accounts[0], [first]))
    editor = _submitted(_own_account(accounts))
    if request.form.get("act") != "save":
        return _editor(editor)
    checked, messages = _checked(editor)
    if checked.problems or checked.account is None:
        return _editor(checked), 422
    template = create_template(
        checked.account,
        checked.name,
        messages,
        person().member.email,
        tracks_links=checked.tracks_links,
    )
    return redirect(url_for("message_templates.template", template_id=template.id))


@blueprint.route("/templates/<row_id:template_id>", methods=["GET", "POST"])
def template(template_id: int) -> Page:
    """Edit the current version, or that of `?version=`; saving makes the next version."""
    template = own_template(template_id)
    if request.method == "GET":
        return _editor(_stored(template), template)
    editor = _submitted(template.official_account)
    if request.form.get("act") != "save":
        return _editor(editor, template)
    checked, messages = _checked(editor)
    if checked.problems:
        return _editor(checked, template), 422
    by, tracks = person().member.email, checked.tracks_links
    seen = submitted_fingerprints()
    try:
        changed = save_version(template, checked.name, messages, by, tracks_links=tracks, seen=seen)
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
        messages=preview_drafts(editor.drafts, editor.extras),
    )


def own_template(template_id: int, archived: bool = False) -> Template:
    """Return the template of this tenant, or 404."""
    return Template.find_owned(tenant(), template_id, archived) or abort(404)


def _any_archived() -> bool:
    return db.session.scalar(Template.owned(tenant(), archived=True).limit(1)) is not None


def _stored(template: Template) -> EditorState:
    version = _version(template)
    drafts, extras = stored_drafts(version.messages)
    return EditorState(
        template.name, template.official_account, drafts, extras, version.tracks_links
    )


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
    if not 0 < len(editor.name) <= LONGEST_NAME:
        problem = _("Give the template a name of at most %(most)s characters.", most=LONGEST_NAME)
        return editor._replace(problems=(problem,)), []
    try:
        messages = decorate(messages_of(editor.drafts), editor.extras)
    except InvalidMessage as error:
        return editor._replace(problems=(in_words(error.problem),)), []
    if editor.account is None:
        return editor._replace(problems=(_("Choose the Official Account that sends."),)), []
    result = check_template(get_deps(), editor.account, messages)
    if result.good and not result.by_line:
        flash(_("LINE could not be asked whether it would take this. Send yourself a test."), "bad")
    return editor._replace(problems=tuple(map(in_words, result.problems))), messages


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


def _editor(editor: EditorState, template: Template | None = None) -> str:
    return page(
        "message_templates/edit.html",
        "templates",
        editor=editor,
        template=template,
        seen=_seen(editor, template),
        unsaved=request.method == "POST",
        messages=preview_drafts(editor.drafts, editor.extras),
        accounts=OfficialAccount.list_owned(tenant()),
        **editor_tools(editor.extras),
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
