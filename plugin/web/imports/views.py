"""Import: repeated runs over LINE User IDs that HubSpot contacts have already."""

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.overwrites import ChangedMeanwhile
from plugin.core.text.row_ids import row_id
from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.imports.import_member import ImportMember
from plugin.models.imports.import_run import PROBLEMS, ImportRun
from plugin.models.imports.list_import import ListImport
from plugin.models.people.contact import Contact
from plugin.services.imports.manage import (
    Plan,
    Unfit,
    change_interval,
    create_import,
    remove_import,
    run_now,
    stop_run,
)
from plugin.web.imports.blueprint import blueprint
from plugin.web.imports.export import problems_csv
from plugin.web.imports.forms import HubSpotChoices, ImportForm
from plugin.web.imports.words import (
    INTERVALS,
    PROBLEM_ADVICE,
    PROBLEM_WORDS,
    interval_word,
    progress_of,
    source_word,
)
from plugin.web.layout import page
from plugin.web.overwrites import Difference, stamp, submitted_fingerprints
from plugin.web.owned import own_account, record_url
from plugin.web.session import tenant
from plugin.web.spreadsheets import csv_file

Page = str | Response | tuple[str, int]
FINDINGS, RUNS = 50, 20


@blueprint.get("/import")
def imports() -> str:
    rows = list(db.session.scalars(ListImport.owned(tenant())))
    return page(
        "imports/list.html",
        "import",
        rows=[(list_import, list_import.last_run) for list_import in rows],
        accounts=OfficialAccount.list_owned(tenant()),
        interval_word=interval_word,
        source_word=source_word,
        progress_of=progress_of,
    )


@blueprint.route("/import/new", methods=["GET", "POST"])
def new_import() -> Page:
    """Search for the list, choose the property; saving begins the first run."""
    accounts = OfficialAccount.list_owned(tenant())
    query = request.args.get("q", "").strip()[:200]
    offer = HubSpotChoices(query, request.args.get("after", "")) if accounts else None
    form = ImportForm()
    if offer is not None:
        form.offer(accounts, offer)
    if accounts and form.validate_on_submit():
        saved = _create(form)
        if saved is not None:
            flash(_("Saved. The import has begun."))
            return redirect(url_for("imports.one_import", import_id=saved.id))
    html = page(
        "imports/new.html", "import", form=form, accounts=accounts, offer=offer, query=query
    )
    return (html, 422) if form.errors else html


@blueprint.get("/import/<row_id:import_id>")
def one_import(import_id: int) -> str:
    list_import = own_import(import_id)
    return _import_page(list_import, list_import.every_minutes)


def _import_page(
    list_import: ListImport, minutes: int, differences: tuple[Difference, ...] = ()
) -> str:
    kind = request.args.get("kind", "")
    after = row_id(request.args.get("after", ""))
    problems = ImportMember.problems(list_import.id, kind)
    if after:
        problems = problems.where(ImportMember.contact_id > after)
    members = list(db.session.scalars(problems.limit(FINDINGS + 1)))
    run = list_import.last_run
    return page(
        "imports/one.html",
        "import",
        list_import=list_import,
        run=run,
        progress=progress_of(run) if run else None,
        runs=ImportRun.newest(list_import.id, RUNS),
        findings=_with_contacts(members[:FINDINGS]),
        more=members[FINDINGS - 1].contact_id if len(members) > FINDINGS else 0,
        kind=kind if kind in PROBLEMS else "",
        problem_counts=ImportMember.count_problems(list_import.id),
        words=PROBLEM_WORDS,
        advice=PROBLEM_ADVICE,
        intervals=INTERVALS,
        chosen=minutes,
        differences=differences,
        seen=stamp({"every_minutes": list_import.every_minutes}),
        interval_word=interval_word,
        source_word=source_word,
        record_url=record_url,
    )


@blueprint.get("/import/<row_id:import_id>/findings.csv")
def findings_file(import_id: int) -> Response:
    list_import = own_import(import_id)
    lines = problems_csv(list_import, record_url)
    return csv_file(lines, f"import-{list_import.id}-findings.csv")


@blueprint.post("/import/<row_id:import_id>/run")
def run_import(import_id: int) -> Response:
    run_now(own_import(import_id))
    return redirect(url_for("imports.one_import", import_id=import_id))


@blueprint.post("/import/<row_id:import_id>/stop")
def stop_import(import_id: int) -> Response:
    if stop_run(own_import(import_id)):
        flash(_("Stopped. What was linked so far stays linked."))
    return redirect(url_for("imports.one_import", import_id=import_id))


@blueprint.post("/import/<row_id:import_id>/interval")
def change_import(import_id: int) -> Page:
    """Change how often the import runs."""
    list_import = own_import(import_id)
    minutes = request.form.get("every_minutes", "")
    if minutes not in {str(choice) for choice, _word in INTERVALS}:
        abort(400)
    try:
        change_interval(list_import, int(minutes), submitted_fingerprints())
    except ChangedMeanwhile:
        difference = Difference(_("How often"), interval_word(own_import(import_id).every_minutes))
        return _import_page(own_import(import_id), int(minutes), (difference,)), 409
    flash(_("Saved."))
    return redirect(url_for("imports.one_import", import_id=import_id))


@blueprint.get("/import/<row_id:import_id>/interval", endpoint="interval_again")
def show_import_again(import_id: int) -> Response:
    # A refused change leaves the browser at this address: a reload, or another language, begins
    # anew.
    return redirect(url_for("imports.one_import", import_id=own_import(import_id).id))


@blueprint.post("/import/<row_id:import_id>/remove")
def delete_import(import_id: int) -> Response:
    list_import = own_import(import_id)
    remove_import(list_import)
    flash(_("Removed. Friends it linked stay linked."))
    return redirect(url_for("imports.imports"))


def own_import(import_id: int) -> ListImport:
    """Return the import of this tenant, or 404."""
    return ListImport.find_owned(tenant(), import_id) or abort(404)


def _with_contacts(members: list[ImportMember]) -> list[tuple[ImportMember, Contact]]:
    # Members with their contact's row, or with a row that has no more than the id.
    contacts = Contact.of_portal_many(tenant(), [member.contact_id for member in members])
    return [
        (member, contacts.get(member.contact_id) or _unknown_contact(member.contact_id))
        for member in members
    ]


def _unknown_contact(contact_id: int) -> Contact:
    return Contact(contact_id=contact_id, email="", firstname="", lastname="")


def _create(form: ImportForm) -> ListImport | None:
    """Return the new import, or None with the reason on the form."""
    account = own_account(form.account.data)
    plan = Plan(form.list_id.data, form.property.data, form.every_minutes.data)
    try:
        return create_import(get_deps(), account, plan)
    except Unfit as error:
        field = form.list_id if error.field == "list_id" else form.property
        field.errors = [_("HubSpot no longer has this. Choose another.")]
    except GatewayError as error:
        form.list_id.errors = [_("HubSpot did not answer: %(why)s Try again.", why=error.message)]
    return None
