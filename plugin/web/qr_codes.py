"""QR Codes: the ways in for friends, and how far each brought them."""

from typing import NamedTuple

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from plugin.core.clock import utcnow
from plugin.doorway import outside
from plugin.models.base import db
from plugin.models.official_account import OfficialAccount
from plugin.models.qr_code import QRCode, VisitCount
from plugin.services.card_letters import can_be_written
from plugin.services.qr_codes import (
    LINKAGE_TYPES,
    archive_qr_code,
    change_qr_code,
    create_qr_code,
    linkage_url,
    set_logo,
)
from plugin.web.accounts import own_account
from plugin.web.blueprint import web
from plugin.web.frame import page
from plugin.web.qr_chart import SPANS, chart
from plugin.web.qr_form import filled
from plugin.web.signed_in import person, tenant

Page = str | Response | tuple[str, int]


class Way(NamedTuple):
    """How many friends came how far; `linked` None where the code links nobody."""

    scans: int
    logins: int
    linked: int | None


class QRCodeForm(FlaskForm):
    """A new way in."""

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


@web.get("/qr-codes")
def qr_codes() -> str:
    """A card for each code in use."""
    codes = list(db.session.scalars(QRCode.owned(tenant())))
    totals = VisitCount.totals([code.id for code in codes])
    cards = [(code, _way(code, totals.get(code.id, {}))) for code in codes]
    accounts = OfficialAccount.list_owned(tenant())
    return page("qr_codes/list.html", "qr", cards=cards, accounts=accounts)


@web.route("/qr-codes/new", methods=["GET", "POST"])
def new_qr_code() -> Page:
    """Name, account, and whether it links."""
    accounts = OfficialAccount.list_owned(tenant())
    form = QRCodeForm()
    form.account.choices = [SelectChoice(each.id, each.name) for each in accounts]
    if accounts and form.validate_on_submit():
        mine = own_account(form.account.data)
        code = create_qr_code(mine, form.name.data, form.linkage_type.data)
        flash(_("%(name)s is ready.", name=code.name))
        return redirect(url_for("web.qr_code", code_id=code.id))
    shown = page("qr_codes/new.html", "qr", form=form, accounts=accounts)
    return (shown, 422) if form.errors else shown


@web.get("/qr-codes/<int:code_id>")
def qr_code(code_id: int) -> str:
    """One code: its picture, its address, its way."""
    code = own_code(code_id)
    return page(
        "qr_codes/one.html",
        "qr",
        code=code,
        way=_way(code, VisitCount.totals([code.id]).get(code.id, {})),
        shown_address=linkage_url(outside(), code),
        chart=chart(code, request.args.get("days", SPANS[0], type=int)),
        spans=SPANS,
        now=utcnow(),
        whole_on_card=can_be_written(code.official_account.name),
    )


@web.route("/qr-codes/<int:code_id>/edit", methods=["GET", "POST"])
def edit_qr_code(code_id: int) -> Page:
    """Everything but the account and the linkage type, on which printed codes rely."""
    code, zone = own_code(code_id), person().installation.time_zone or ""
    form = filled(code, zone)
    choices = form.choices(zone)
    if choices is not None:
        change_qr_code(code, choices)
        if form.logo.picture or form.no_logo.data:
            set_logo(code, form.logo.picture)
        flash(_("Saved."))
        return redirect(url_for("web.qr_code", code_id=code.id))
    proves = outside().gateways.mail is not None
    shown = page("qr_codes/edit.html", "qr", code=code, form=form, zone=zone, proves=proves)
    return (shown, 422) if form.errors else shown


@web.post("/qr-codes/<int:code_id>/archive")
def archive_code(code_id: int) -> Response:
    """Out of use; what it linked stays."""
    code = own_code(code_id)
    archive_qr_code(code)
    flash(_("%(name)s is archived. Links made through it stay.", name=code.name))
    return redirect(url_for("web.qr_codes"))


def own_code(code_id: int) -> QRCode:
    """The code of this tenant, or 404."""
    return QRCode.find_owned(tenant(), code_id) or abort(404)


def _way(code: QRCode, totals: dict[str, int]) -> Way:
    linked = totals.get("linked", 0) if code.linkage_type == "hubspot" else None
    return Way(totals.get("scan", 0), totals.get("login", 0), linked)
