"""QR Codes: entry points for friends, and how far friends came from each."""

from typing import NamedTuple

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from plugin.core.bidi import isolated
from plugin.core.clock import utcnow
from plugin.core.overwrites import ChangedMeanwhile
from plugin.guards import get_deps
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.login_flow.visit_count import VisitCount
from plugin.services.qr_codes.codes import (
    LINKAGE_TYPES,
    archive_qr_code,
    change_qr_code,
    create_qr_code,
    editable,
    linkage_url,
)
from plugin.services.qr_codes.settings import LARGEST_LOGO, Choices
from plugin.web.chosen_account import account_filter, chosen_choice
from plugin.web.layout import page
from plugin.web.overwrites import FIELD, stamp, submitted_fingerprints
from plugin.web.owned import own_account
from plugin.web.qr_codes.blueprint import blueprint
from plugin.web.qr_codes.chart import SPANS, chart
from plugin.web.qr_codes.forms import (
    UNREADABLE,
    QRChoicesForm,
    differences,
    form_after_change,
    form_of,
)
from plugin.web.segments.uses import uses_of_code
from plugin.web.session import person, tenant

Page = str | Response | tuple[str, int]


class Funnel(NamedTuple):
    """How many friends reached each step; `linked` None where the code does not link."""

    scans: int
    logins: int
    linked: int | None


class QRCodeForm(FlaskForm):
    """A new QR code."""

    name = StringField(
        lazy_gettext("Name"),
        [
            DataRequired(message=lazy_gettext("Give the code a name.")),
            Length(max=120, message=lazy_gettext("Use at most 120 characters.")),
        ],
        filters=[lambda text: (text or "").strip()],
    )
    account = SelectField(lazy_gettext("Official Account"), coerce=int)
    linkage_type = RadioField(
        lazy_gettext("Linkage Type"),
        choices=[SelectChoice(kind) for kind in LINKAGE_TYPES],
        default="hubspot",
    )


@blueprint.get("/qr-codes")
def qr_codes() -> str:
    account_id = account_filter(request.args)
    codes = [
        code
        for code in db.session.scalars(QRCode.owned(tenant()))
        if account_id in (0, code.official_account_id)
    ]
    totals = VisitCount.totals([code.id for code in codes])
    cards = [(code, _funnel(code, totals.get(code.id, {}))) for code in codes]
    accounts = OfficialAccount.list_owned(tenant())
    return page("qr_codes/list.html", "qr", cards=cards, accounts=accounts)


@blueprint.route("/qr-codes/new", methods=["GET", "POST"])
def new_qr_code() -> Page:
    accounts = OfficialAccount.list_owned(tenant())
    chosen = chosen_choice()
    form = QRCodeForm(account=chosen.id if chosen else None)
    form.account.choices = [SelectChoice(row.id, isolated(row.name)) for row in accounts]
    if accounts and form.validate_on_submit():
        account = own_account(form.account.data)
        code = create_qr_code(account, form.name.data, form.linkage_type.data)
        flash(_("%(name)s is ready.", name=code.name))
        return redirect(url_for("qr_codes.qr_code", code_id=code.id))
    html = page("qr_codes/new.html", "qr", form=form, accounts=accounts)
    return (html, 422) if form.errors else html


@blueprint.get("/qr-codes/<row_id:code_id>")
def qr_code(code_id: int) -> str:
    code = own_code(code_id)
    return page(
        "qr_codes/one.html",
        "qr",
        code=code,
        way=_funnel(code, VisitCount.totals([code.id]).get(code.id, {})),
        shown_address=linkage_url(get_deps(), code),
        chart=chart(code, request.args.get("days", SPANS[0], type=int)),
        spans=SPANS,
        now=utcnow(),
        uses=uses_of_code(code),
    )


@blueprint.route("/qr-codes/<row_id:code_id>/edit", methods=["GET", "POST"])
def edit_qr_code(code_id: int) -> Page:
    """Edit all but the account and the linkage type, on which printed codes rely."""
    code, zone = own_code(code_id), _zone()
    form = form_of(code, zone)
    choices = form.choices(zone)
    if choices is None:
        # A refused form still belongs to the code as it was loaded.
        seen = request.form.get(FIELD) or stamp(editable(code))
        html = _edit_page(code, form, seen=seen, unsaved=bool(form.errors))
        return (html, 422) if form.errors else html
    picture = form.logo.picture
    try:
        new_logo = picture if picture or form.no_logo.data else None
        change_qr_code(code, choices, new_logo, submitted_fingerprints())
    except ChangedMeanwhile as error:
        return _changed_meanwhile(own_code(code_id), choices, error.names), 409
    flash(_("Saved."))
    return redirect(url_for("qr_codes.qr_code", code_id=code.id))


@blueprint.post("/qr-codes/<row_id:code_id>/archive")
def archive_code(code_id: int) -> Response:
    """Archive the code; what it linked stays linked."""
    code = own_code(code_id)
    archive_qr_code(code)
    flash(_("%(name)s is archived. Links made through it stay.", name=code.name))
    return redirect(url_for("qr_codes.qr_codes"))


def _changed_meanwhile(code: QRCode, typed: Choices, names: frozenset[str]) -> str:
    """The form with what was typed, over what another person saved meanwhile."""
    form = form_after_change(typed, code, _zone(), submitted_fingerprints())
    changes = differences(form, code, _zone(), names)
    return _edit_page(code, form, seen=stamp(editable(code)), unsaved=True, differences=changes)


def _edit_page(code: QRCode, form: QRChoicesForm, **values: object) -> str:
    return page(
        "qr_codes/edit.html",
        "qr",
        code=code,
        form=form,
        zone=_zone(),
        proves=get_deps().gateways.mail is not None,
        largest_logo=LARGEST_LOGO,
        too_heavy=UNREADABLE["too_heavy"],
        **values,
    )


def _zone() -> str:
    return person().installation.time_zone or ""


def own_code(code_id: int) -> QRCode:
    """Return the code of this tenant, or 404."""
    return QRCode.find_owned(tenant(), code_id) or abort(404)


def _funnel(code: QRCode, totals: dict[str, int]) -> Funnel:
    linked = totals.get("linked", 0) if code.linkage_type == "hubspot" else None
    return Funnel(totals.get("scan", 0), totals.get("login", 0), linked)
