"""The builder's pages: a new segment, a changed one, and the parts that a script asks for."""

from typing import Any, NamedTuple

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.overwrites import ChangedMeanwhile
from plugin.core.text.row_ids import row_id
from plugin.models.audience.segment import Segment, SegmentVersion
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.segments.library import create_segment, editable, save_segment
from plugin.services.segments.members import RuleError, faults_of
from plugin.web.chosen_account import chosen_choice
from plugin.web.language import in_words
from plugin.web.layout import page
from plugin.web.overwrites import FIELD, Difference, stamp, submitted_fingerprints, untouched
from plugin.web.owned import own_segment, record_url
from plugin.web.segments.blueprint import blueprint
from plugin.web.segments.builder import Builder, stored_builder, submitted_builder
from plugin.web.segments.counts import counted, part
from plugin.web.segments.names import Names, segment_name
from plugin.web.segments.sentences import sentence_of
from plugin.web.session import person, tenant

Page = str | Response | tuple[str, int]
NEW_RULE: dict[str, Any] = {"all": []}


class Editor(NamedTuple):
    """The content of the builder's form. `segment` None: it is not saved yet."""

    builder: Builder
    account: OfficialAccount
    name: str
    segment: Segment | None = None
    problems: tuple[str, ...] = ()
    name_fault: str = ""
    differences: tuple[Difference, ...] = ()


@blueprint.route("/segments/new", methods=["GET", "POST"])
def new_segment() -> Page:
    accounts = OfficialAccount.list_owned(tenant())
    if not accounts:
        return redirect(url_for("segments.segments"))
    account = _chosen_account(accounts)
    if request.method == "GET":
        return _drawn(Editor(stored_builder(account, NEW_RULE), account, ""))
    editor = Editor(submitted_builder(account), account, _typed_name())
    if request.form.get("act") != "save":
        return _drawn(editor)
    try:
        segment = create_segment(account, editor.name, editor.builder.rule, person().member.email)
    except RuleError as error:
        return _refused(editor, error), 422
    flash(_("Saved."))
    return redirect(url_for("segments.segment", segment_id=segment.id))


@blueprint.route("/segments/<row_id:segment_id>/edit", methods=["GET", "POST"])
def edit_segment(segment_id: int) -> Page:
    """Edit the rule in force, or that of `?version=`; saving makes the next version."""
    segment = own_segment(segment_id)
    account = segment.official_account
    if request.method == "GET":
        version = SegmentVersion.find(segment, _looked_at() or segment.version) or abort(404)
        builder = stored_builder(account, version.rule, segment.id)
        builder.note_faults(faults_of(account, version.rule, segment.id))
        return _drawn(Editor(builder, account, segment.name, segment))
    editor = Editor(submitted_builder(account, segment.id), account, _typed_name(), segment)
    if request.form.get("act") != "save":
        return _drawn(editor)
    return _saved(editor, segment)


@blueprint.post("/segments/rule")
def draw_rule() -> str:
    """Return only the groups and conditions, after the action of a button."""
    builder = _submitted()
    return page("segments/rule.html", builder=builder)


@blueprint.post("/segments/preview")
def preview_rule() -> str:
    """Return only the count of the submitted rule."""
    return part(counted(_submitted()))


def _saved(editor: Editor, segment: Segment) -> Page:
    by, seen = person().member.email, submitted_fingerprints()
    try:
        changed = save_segment(segment, editor.name, editor.builder.rule, by, seen)
    except RuleError as error:
        return _refused(editor, error), 422
    except ChangedMeanwhile as error:
        return _changed_meanwhile(editor, own_segment(segment.id), error.names), 409
    saved = _("Saved as version %(number)s.", number=segment.version) if changed else _("Saved.")
    flash(saved)
    return redirect(url_for("segments.segment", segment_id=segment.id))


def _refused(editor: Editor, error: RuleError) -> str:
    named = [in_words(fault.message) for fault in error.faults if fault.path == "name"]
    whole = editor.builder.note_faults([fault for fault in error.faults if fault.path != "name"])
    problems = tuple(whole) or (_("Look at the marked places below."),)
    return _drawn(editor._replace(problems=problems, name_fault=named[0] if named else ""))


def _changed_meanwhile(editor: Editor, segment: Segment, names: frozenset[str]) -> str:
    """The builder with what was typed, over the version that another person saved meanwhile."""
    differences = []
    if "name" in names:
        differences.append(Difference(_("Name"), segment_name(segment)))
        if untouched("name", editor.name, submitted_fingerprints()):
            editor = editor._replace(name=segment.name)
    if "version" in names:
        newest = SegmentVersion.current(segment)
        meaning = sentence_of(newest.rule, Names(segment.official_account, newest.rule))
        by = _("%(meaning)s (by %(who)s)", meaning=meaning, who=newest.by)
        differences.append(Difference(_("Rule"), by if newest.by else meaning))
    return _drawn(editor._replace(differences=tuple(differences), segment=segment))


def _submitted() -> Builder:
    """The submitted builder: of a segment, or of an account of the tenant."""
    segment_id = row_id(request.form.get("segment", ""))
    if segment_id:
        segment = own_segment(segment_id)
        return submitted_builder(segment.official_account, segment.id)
    accounts = OfficialAccount.list_owned(tenant()) or abort(404)
    return submitted_builder(_chosen_account(accounts))


def _drawn(editor: Editor) -> str:
    builder, segment = editor.builder, editor.segment
    return page(
        "segments/edit.html",
        "segments",
        editor=editor,
        builder=builder,
        segment=segment,
        title=segment_name(segment) if segment else _("New segment"),
        accounts=OfficialAccount.list_owned(tenant()),
        seen=_seen(editor),
        unsaved=request.method == "POST",
        looked_at=_looked_at(),
        counted=counted(builder) if _counts_now() else None,
        record_url=record_url,
    )


def _seen(editor: Editor) -> str:
    # Until it is saved, the form belongs to the segment as it was when it was opened.
    if editor.segment is None:
        return ""
    sent = "" if editor.differences else request.form.get(FIELD, "")
    return sent or stamp(editable(editor.segment))


def _counts_now() -> bool:
    """Whether the page itself counts: for browsers without scripts, whose buttons send the form."""
    if request.method == "GET":
        return request.args.get("count") == "yes"
    return request.form.get("act") != "save"


def _chosen_account(accounts: list[OfficialAccount]) -> OfficialAccount:
    choice = chosen_choice()
    chosen = request.values.get("account", str(choice.id) if choice else "")
    return next((account for account in accounts if str(account.id) == chosen), accounts[0])


def _typed_name() -> str:
    return request.form.get("name", "").strip().replace("\0", "")


def _looked_at() -> int:
    return row_id(request.args.get("version", "")) or 0
