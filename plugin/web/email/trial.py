"""Email > Try it: a preview that cannot link, and a real link for one contact."""

from datetime import datetime
from typing import NamedTuple

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Regexp

from plugin.core.bidi import isolated
from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.base import db
from plugin.models.login_flow.linkage_token import LinkageToken
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.contact import Contact
from plugin.services.personal_links.issue import contact_of_email, issue_link, preview_link
from plugin.services.personal_links.revoke import revoke_of_contact
from plugin.services.personal_links.tokens import DEFAULT_DAYS, text_of
from plugin.services.qr_codes.codes import linkage_url
from plugin.web.email.blueprint import blueprint
from plugin.web.email.views import linking_codes, report_revoked
from plugin.web.layout import page
from plugin.web.owned import record_url, row_id
from plugin.web.session import person, tenant

Page = str | Response | tuple[str, int]


class TrialForm(FlaskForm):
    """The contact whose pages are tried."""

    email = StringField(
        lazy_gettext("Email address of the contact"),
        [Regexp(r"^[^@\s]{1,64}@[^@\s]{1,255}$", message=lazy_gettext("Enter an email address."))],
        filters=[lambda text: (text or "").strip()],
    )
    code = SelectField(lazy_gettext("QR code"), coerce=int)


class ContactLinks(NamedTuple):
    """`until`: the end of the valid link; `waiting`: HubSpot lacks it; `preview`: its address."""

    until: datetime | None
    waiting: bool
    preview: str


@blueprint.get("/email/try")
def try_email() -> Page:
    """Ask for a contact; the marketer's own address is filled in."""
    if not linking_codes():
        return redirect(url_for("email.email"))
    form = TrialForm(formdata=None, email=person().member.email)
    form.code.data = row_id(request.args.get("code", "")) or None
    return _form_page(form)


@blueprint.post("/email/try")
def look_for_contact() -> Page:
    form = TrialForm()
    _fill_choices(form)
    if not form.validate():
        return _form_page(form), 422
    code = QRCode.find_owned(tenant(), form.code.data) or abort(404)
    try:
        contact = contact_of_email(get_deps(), code, form.email.data)
    except GatewayError:
        trouble = _("HubSpot does not answer at the moment. Please try again in a minute.")
        return _form_page(form, trouble), 503
    if contact is None:
        trouble = _("No contact in HubSpot has this email address. Check it, or create one there.")
        return _form_page(form, trouble), 422
    return _to_trial(contact, code)


@blueprint.get("/email/try/<row_id:contact_row_id>")
def trial_of(contact_row_id: int) -> str:
    contact, code = own_contact(contact_row_id), _chosen_code()
    links = links_of(contact, code)
    url = record_url(contact.contact_id)
    return page("email/trial.html", "email", contact=contact, code=code, links=links, url=url)


@blueprint.post("/email/try/<row_id:contact_row_id>/preview")
def make_preview(contact_row_id: int) -> Response:
    contact, code = own_contact(contact_row_id), _chosen_code()
    preview_link(get_deps(), code, contact)
    return _to_trial(contact, code)


@blueprint.post("/email/try/<row_id:contact_row_id>/give")
def give_real_link(contact_row_id: int) -> Response:
    # Issue a real link, so that an email sent as this contact is complete.
    contact, code = own_contact(contact_row_id), _chosen_code()
    try:
        token = issue_link(get_deps(), code, contact.contact_id, DEFAULT_DAYS)
    except GatewayError:
        flash(_("HubSpot does not answer at the moment. Please try again in a minute."), "bad")
        return _to_trial(contact, code)
    if token is None:
        flash(_("HubSpot does not have this contact any more."), "bad")
    else:
        flash(_("The link is made. HubSpot has it in a moment."))
    return _to_trial(contact, code)


@blueprint.post("/email/try/<row_id:contact_row_id>/revoke")
def take_back(contact_row_id: int) -> Response:
    """Revoke every link of this contact."""
    contact, code = own_contact(contact_row_id), _chosen_code()
    flash(report_revoked(revoke_of_contact(contact)))
    return _to_trial(contact, code)


def own_contact(contact_row_id: int) -> Contact:
    """Return the contact of this tenant, or 404."""
    statement = select(Contact).where(Contact.installation_id == tenant())
    return db.session.scalar(statement.where(Contact.id == contact_row_id)) or abort(404)


def links_of(contact: Contact, code: QRCode) -> ContactLinks:
    """Return the contact's links to the account of `code`."""
    account_id = code.official_account_id
    good = [
        token.expires_at
        for _row, token in LinkageToken.of_contacts([contact])
        if token.is_live and token.qr_code.official_account_id == account_id
    ]
    until = good[-1] if good and good[-1] > utcnow() else None
    preview = LinkageToken.newest_preview(contact.id, code.id)
    if preview is None or not preview.is_live or preview.expires_at <= utcnow():
        return ContactLinks(until, contact.push_pending, "")
    address = linkage_url(get_deps(), code, text_of(get_deps(), preview.id))
    return ContactLinks(until, contact.push_pending, address)


def _chosen_code() -> QRCode:
    code_id = row_id(request.values.get("code", ""))
    codes = linking_codes()
    return next((code for code in codes if code.id == code_id), None) or (
        codes[0] if codes else abort(404)
    )


def _to_trial(contact: Contact, code: QRCode) -> Response:
    return redirect(url_for("email.trial_of", contact_row_id=contact.id, code=code.id))


def _form_page(form: TrialForm, problem: str = "") -> str:
    _fill_choices(form)
    return page("email/try.html", "email", form=form, problem=problem)


def _fill_choices(form: TrialForm) -> None:
    form.code.choices = [
        SelectChoice(code.id, f"{isolated(code.name)} · {isolated(code.official_account.name)}")
        for code in linking_codes()
    ]
