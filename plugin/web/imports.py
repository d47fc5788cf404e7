"""Import: LINE User IDs that HubSpot contacts have already, run after run."""

from collections.abc import Iterator

from flask import abort, flash, redirect, request, stream_with_context, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.doorway import outside
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.list_import import PROBLEMS, ImportMember, ImportRun, ListImport
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Contact
from plugin.services.list_imports import (
    Plan,
    Unfit,
    change_interval,
    create_import,
    remove_import,
    run_now,
    stop_run,
)
from plugin.web.accounts import own_account
from plugin.web.blueprint import web
from plugin.web.findings_file import lines_of
from plugin.web.frame import page
from plugin.web.import_forms import ImportForm, Offer
from plugin.web.import_words import (
    INTERVALS,
    PROBLEM_ADVICE,
    PROBLEM_WORDS,
    interval_word,
    progress_of,
    source_word,
)
from plugin.web.people import record_url
from plugin.web.signed_in import tenant

Page = str | Response | tuple[str, int]
FINDINGS, RUNS = 50, 20


@web.get("/import")
def imports() -> str:
    """The imports of the portal, each with its newest run."""
    rows = list(db.session.scalars(ListImport.owned(tenant())))
    return page(
        "imports/list.html",
        "import",
        rows=[(each, each.last_run) for each in rows],
        accounts=OfficialAccount.list_owned(tenant()),
        interval_word=interval_word,
        source_word=source_word,
        progress_of=progress_of,
    )


@web.route("/import/new", methods=["GET", "POST"])
def new_import() -> Page:
    """Search for the list, choose the property, save: saving starts it."""
    accounts = OfficialAccount.list_owned(tenant())
    query = request.args.get("q", "").strip()[:200]
    offer = Offer(query, request.args.get("after", "")) if accounts else None
    form = ImportForm()
    if offer is not None:
        form.offer(accounts, offer)
    if accounts and form.validate_on_submit():
        saved = _saved(form)
        if saved is not None:
            flash(_("Saved. The import has begun."))
            return redirect(url_for("web.one_import", import_id=saved.id))
    shown = page(
        "imports/new.html", "import", form=form, accounts=accounts, offer=offer, query=query
    )
    return (shown, 422) if form.errors else shown


@web.get("/import/<int:import_id>")
def one_import(import_id: int) -> str:
    """One import: its progress, its history, and what it could not link."""
    mine = own_import(import_id)
    kind = request.args.get("kind", "")
    after = request.args.get("after", "")
    problems = ImportMember.problems(mine.id, kind)
    if after.isascii() and after.isdecimal() and len(after) < 19:
        problems = problems.where(ImportMember.contact_id > int(after))
    found = list(db.session.scalars(problems.limit(FINDINGS + 1)))
    run = mine.last_run
    return page(
        "imports/one.html",
        "import",
        mine=mine,
        run=run,
        progress=progress_of(run) if run else None,
        runs=ImportRun.newest(mine.id, RUNS),
        findings=_with_contacts(found[:FINDINGS]),
        more=found[FINDINGS - 1].contact_id if len(found) > FINDINGS else 0,
        kind=kind if kind in PROBLEMS else "",
        problem_counts=ImportMember.count_problems(mine.id),
        words=PROBLEM_WORDS,
        advice=PROBLEM_ADVICE,
        intervals=INTERVALS,
        interval_word=interval_word,
        source_word=source_word,
        record_url=record_url,
    )


@web.get("/import/<int:import_id>/findings.csv")
def findings_file(import_id: int) -> Response:
    """Everything that could not be linked, for a spreadsheet."""
    mine = own_import(import_id)
    lines: Iterator[str] = stream_with_context(lines_of(mine, record_url))
    name = f"import-{mine.id}-findings.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(lines, mimetype="text/csv", headers=headers)


@web.post("/import/<int:import_id>/run")
def run_import(import_id: int) -> Response:
    """Begin a run now."""
    run_now(own_import(import_id))
    return redirect(url_for("web.one_import", import_id=import_id))


@web.post("/import/<int:import_id>/stop")
def stop_import(import_id: int) -> Response:
    """End the run under way."""
    if stop_run(own_import(import_id)):
        flash(_("Stopped. What was linked so far stays linked."))
    return redirect(url_for("web.one_import", import_id=import_id))


@web.post("/import/<int:import_id>/interval")
def change_import(import_id: int) -> Response:
    """How often it runs from now on."""
    mine = own_import(import_id)
    minutes = request.form.get("every_minutes", "")
    if minutes not in {str(each) for each, _word in INTERVALS}:
        abort(400)
    change_interval(mine, int(minutes))
    flash(_("Saved."))
    return redirect(url_for("web.one_import", import_id=import_id))


@web.post("/import/<int:import_id>/remove")
def delete_import(import_id: int) -> Response:
    """It runs no more."""
    mine = own_import(import_id)
    remove_import(mine)
    flash(_("Removed. Friends it linked stay linked."))
    return redirect(url_for("web.imports"))


def own_import(import_id: int) -> ListImport:
    """The import of this tenant, or 404."""
    return ListImport.find_owned(tenant(), import_id) or abort(404)


def _with_contacts(members: list[ImportMember]) -> list[tuple[ImportMember, Contact]]:
    """Each with the contact's row, or with one that knows no more than the id."""
    known = Contact.of_portal_many(tenant(), [one.contact_id for one in members])
    return [(one, known.get(one.contact_id) or _nobody(one.contact_id)) for one in members]


def _nobody(contact_id: int) -> Contact:
    return Contact(contact_id=contact_id, email="", firstname="", lastname="")


def _saved(form: ImportForm) -> ListImport | None:
    """The import, or None with the reason on the form."""
    mine = own_account(form.account.data)
    plan = Plan(form.list_id.data, form.property.data, form.every_minutes.data)
    try:
        return create_import(outside(), mine, plan)
    except Unfit as error:
        field = form.list_id if error.field == "list_id" else form.property
        field.errors = [_("HubSpot no longer has this. Choose another.")]
    except GatewayError as error:
        form.list_id.errors = [_("HubSpot did not answer: %(why)s Try again.", why=error.message)]
    return None
