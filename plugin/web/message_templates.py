"""Templates: the shelf, and the editor with its phone."""

from typing import Any, NamedTuple

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.bubbles import KINDS, Draft, draft_of
from plugin.core.message_part import InvalidMessage
from plugin.core.messages import Extras, dressed, undressed
from plugin.doorway import outside
from plugin.models.base import db
from plugin.models.official_account import OfficialAccount
from plugin.models.template import Template, TemplateVersion
from plugin.services.check_template import check_template
from plugin.services.templates import LONGEST_NAME, create_template, save_version
from plugin.web.blueprint import web
from plugin.web.frame import page
from plugin.web.sentences import in_words
from plugin.web.signed_in import person, tenant
from plugin.web.template_draft import act, drafts_of, extras_of, messages_of, new_draft
from plugin.web.template_fields import KIND_WORDS, action_rows, boxes, card_boxes, extra_boxes
from plugin.web.template_preview import shown
from plugin.web.template_trial import trial

PAGE = 60
Page = str | Response | tuple[str, int]


class Work(NamedTuple):
    """What stands in the editor: saved or not, right or not."""

    name: str
    account: OfficialAccount | None
    drafts: list[Draft]
    extras: Extras = Extras()
    tracks_links: bool = True
    problems: tuple[str, ...] = ()


@web.get("/templates")
def templates() -> str:
    """The newest first, narrowed by name, account and kind; in use, or archived."""
    q, kind = request.args.get("q", "").strip()[:100], request.args.get("kind", "")
    account, before = _number("account"), _number("before")
    archived = request.args.get("archived") == "yes"
    found = Template.owned(tenant(), archived)
    if q:
        found = found.where(Template.name.icontains(q, autoescape=True))
    if kind in KINDS:
        found = found.where(Template.kind == kind)
    if account:
        found = found.where(Template.official_account_id == account)
    if before:
        found = found.where(Template.id < before)
    rows = list(db.session.scalars(found.order_by(Template.id.desc()).limit(PAGE + 1)))
    words: dict[str, Any] = {"q": q, "kind": kind, "account": account or ""}
    words |= {"archived": "yes"} if archived else {}
    more = len(rows) > PAGE
    return page(
        "library/list.html",
        "templates",
        templates=rows[:PAGE],
        older=url_for("web.templates", **words, before=rows[PAGE - 1].id) if more else "",
        narrowed=bool(q or kind or account or before),
        archived=archived,
        any_archived=archived or _any_archived(),
        accounts=OfficialAccount.list_owned(tenant()),
        kinds=KIND_WORDS,
        q=q,
        kind=kind,
        chosen=account,
    )


@web.route("/templates/new", methods=["GET", "POST"])
def new_template() -> Page:
    """An empty editor; nothing is kept before LINE has looked at it."""
    accounts = OfficialAccount.list_owned(tenant())
    if not accounts:
        return redirect(url_for("web.templates"))
    if request.method == "GET":
        kind = request.args.get("kind", "")
        first = new_draft(kind if kind in KINDS else "text")
        return _editor(Work("", accounts[0], [first]))
    work = _told(_own_account(accounts))
    if request.form.get("act") != "save":
        return _editor(work)
    judged, messages = _judge(work)
    if judged.problems or judged.account is None:
        return _editor(judged), 422
    made = create_template(
        judged.account,
        judged.name,
        messages,
        person().member.email,
        tracks_links=judged.tracks_links,
    )
    return redirect(url_for("web.template", template_id=made.id))


@web.route("/templates/<int:template_id>", methods=["GET", "POST"])
def template(template_id: int) -> Page:
    """What it says now, or said in `?version=`; saving makes the next version."""
    mine = own_template(template_id)
    if request.method == "GET":
        return _editor(_kept(mine), mine)
    work = _told(mine.official_account)
    if request.form.get("act") != "save":
        return _editor(work, mine)
    judged, messages = _judge(work)
    if judged.problems:
        return _editor(judged, mine), 422
    by, tracks = person().member.email, judged.tracks_links
    changed = save_version(mine, judged.name, messages, by, tracks_links=tracks)
    if changed:
        flash(_("Saved as version %(number)s. Workflows send it from now on.", number=mine.version))
    else:
        flash(_("Saved."))
    return redirect(url_for("web.template", template_id=mine.id))


@web.post("/templates/preview")
def preview_template() -> str:
    """The phone alone, for what stands in the editor."""
    accounts = OfficialAccount.list_owned(tenant())
    work = _told(_own_account(accounts))
    return page(
        "library/shown.html", account=work.account, messages=shown(work.drafts, work.extras)
    )


def own_template(template_id: int, archived: bool = False) -> Template:
    """The template of this tenant, or 404."""
    return Template.find_owned(tenant(), template_id, archived) or abort(404)


def _any_archived() -> bool:
    return db.session.scalar(Template.owned(tenant(), archived=True).limit(1)) is not None


def _kept(mine: Template) -> Work:
    """What the version that is looked at says."""
    version = _version(mine)
    messages, extras = undressed(version.messages)
    drafts = [draft_of(message) for message in messages]
    return Work(mine.name, mine.official_account, drafts, extras, version.tracks_links)


def _version(mine: Template) -> TemplateVersion:
    wanted = _number("version")
    versions = {one.number: one for one in TemplateVersion.of_template(mine.id)}
    return versions[mine.version] if not wanted else versions.get(wanted) or abort(404)


def _told(account: OfficialAccount | None) -> Work:
    """What the browser sent, after the small deed of the button that was pressed."""
    drafts = act(drafts_of(request.form), request.form.get("act", ""))
    name = request.form.get("name", "").strip().replace("\0", "")
    tracks = request.form.get("tracks_links") == "yes"
    return Work(name, account, drafts, extras_of(request.form), tracks)


def _judge(work: Work) -> tuple[Work, list[dict[str, Any]]]:
    """The work with everything that stands against keeping it, and its messages."""
    if not 0 < len(work.name) <= LONGEST_NAME:
        problem = _("Give the template a name of at most %(most)s characters.", most=LONGEST_NAME)
        return work._replace(problems=(problem,)), []
    try:
        messages = dressed(messages_of(work.drafts), work.extras)
    except InvalidMessage as error:
        return work._replace(problems=(in_words(error.problem),)), []
    if work.account is None:
        return work._replace(problems=(_("Choose the Official Account that sends."),)), []
    verdict = check_template(outside(), work.account, messages)
    if verdict.good and not verdict.by_line:
        flash(_("LINE could not be asked whether it would take this. Send yourself a test."), "bad")
    return work._replace(problems=tuple(map(in_words, verdict.problems))), messages


def _editor(work: Work, mine: Template | None = None) -> str:
    return page(
        "library/edit.html",
        "templates",
        work=work,
        mine=mine,
        messages=shown(work.drafts, work.extras),
        accounts=OfficialAccount.list_owned(tenant()),
        kinds=KIND_WORDS,
        rules=KINDS,
        boxes=boxes,
        card_boxes=card_boxes,
        action_rows=action_rows,
        extra_boxes=extra_boxes(work.extras),
        versions=TemplateVersion.of_template(mine.id) if mine else [],
        looked_at=_number("version"),
        trial=trial(mine) if mine else None,
    )


def _own_account(accounts: list[OfficialAccount]) -> OfficialAccount | None:
    wanted = request.form.get("account", "")
    return next((one for one in accounts if str(one.id) == wanted), None)


def _number(name: str) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
