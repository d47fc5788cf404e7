"""Email > Try it: a preview that can tie nobody, and a real link for one contact."""

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

from plugin.core.clock import utcnow
from plugin.doorway import outside
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.people import Contact
from plugin.models.qr_code import LinkageToken, QRCode
from plugin.services.give_link import contact_of_email, give_link, preview_link
from plugin.services.linkage_tokens import DEFAULT_DAYS, text_of
from plugin.services.qr_codes import linkage_url
from plugin.services.revoke_links import revoke_of_contact
from plugin.web.blueprint import web
from plugin.web.email import linking_codes, taken_back
from plugin.web.frame import page
from plugin.web.people import record_url
from plugin.web.people_filter import row_id
from plugin.web.signed_in import person, tenant

Page = str | Response | tuple[str, int]


class LookForm(FlaskForm):
    """Whose pages are to be tried."""

    email = StringField(
        lazy_gettext("Email address of the contact"),
        [Regexp(r"^[^@\s]{1,64}@[^@\s]{1,255}$", message=lazy_gettext("Enter an email address."))],
        filters=[lambda text: (text or "").strip()],
    )
    code = SelectField(lazy_gettext("QR code"), coerce=int)


class Links(NamedTuple):
    """What a contact has: the end of its good link if any, and the newest preview's address."""

    until: datetime | None
    waiting: bool
    preview: str


@web.get("/email/try")
def try_email() -> Page:
    """Ask for a contact; the marketer's own is offered."""
    if not linking_codes():
        return redirect(url_for("web.email"))
    form = LookForm(formdata=None, email=person().member.email)
    form.code.data = row_id(request.args.get("code", "")) or None
    return _ask(form)


@web.post("/email/try")
def look_for_contact() -> Page:
    """Find the contact in HubSpot."""
    form = LookForm()
    _offer(form)
    if not form.validate():
        return _ask(form), 422
    code = QRCode.find_owned(tenant(), form.code.data) or abort(404)
    try:
        contact = contact_of_email(outside(), code, form.email.data)
    except GatewayError:
        trouble = _("HubSpot does not answer at the moment. Please try again in a minute.")
        return _ask(form, trouble), 503
    if contact is None:
        trouble = _("No contact in HubSpot has this email address. Check it, or create one there.")
        return _ask(form, trouble), 422
    return _to_trial(contact, code)


@web.get("/email/try/<int:contact_row_id>")
def trial_of(contact_row_id: int) -> str:
    """One contact: what it has, and what can be done."""
    contact, code = own_contact(contact_row_id), _chosen_code()
    links = links_of(contact, code)
    url = record_url(contact.contact_id)
    return page("email/trial.html", "email", contact=contact, code=code, links=links, url=url)


@web.post("/email/try/<int:contact_row_id>/preview")
def make_preview(contact_row_id: int) -> Response:
    """A new preview."""
    contact, code = own_contact(contact_row_id), _chosen_code()
    preview_link(outside(), code, contact)
    return _to_trial(contact, code)


@web.post("/email/try/<int:contact_row_id>/give")
def give_real_link(contact_row_id: int) -> Response:
    """A real link, so that an email sent as this contact is the real thing."""
    contact, code = own_contact(contact_row_id), _chosen_code()
    try:
        given = give_link(outside(), code, contact.contact_id, DEFAULT_DAYS)
    except GatewayError:
        flash(_("HubSpot does not answer at the moment. Please try again in a minute."), "bad")
        return _to_trial(contact, code)
    if given is None:
        flash(_("HubSpot does not have this contact any more."), "bad")
    else:
        flash(_("The link is made. HubSpot has it in a moment."))
    return _to_trial(contact, code)


@web.post("/email/try/<int:contact_row_id>/revoke")
def take_back(contact_row_id: int) -> Response:
    """Every link of this contact."""
    contact, code = own_contact(contact_row_id), _chosen_code()
    flash(taken_back(revoke_of_contact(contact)))
    return _to_trial(contact, code)


def own_contact(contact_row_id: int) -> Contact:
    """The contact of this tenant, or 404."""
    mine = select(Contact).where(Contact.installation_id == tenant())
    return db.session.scalar(mine.where(Contact.id == contact_row_id)) or abort(404)


def links_of(contact: Contact, code: QRCode) -> Links:
    """What this contact has on the code's account."""
    account_id = code.official_account_id
    good = [
        token.expires_at
        for _row, token in LinkageToken.of_contacts([contact])
        if token.is_live and token.qr_code.official_account_id == account_id
    ]
    until = good[-1] if good and good[-1] > utcnow() else None
    preview = LinkageToken.newest_preview(contact.id, code.id)
    if preview is None or not preview.is_live or preview.expires_at <= utcnow():
        return Links(until, contact.mirror_owed, "")
    address = linkage_url(outside(), code, text_of(outside(), preview.id))
    return Links(until, contact.mirror_owed, address)


def _chosen_code() -> QRCode:
    wanted = row_id(request.values.get("code", ""))
    codes = linking_codes()
    return next((one for one in codes if one.id == wanted), None) or (
        codes[0] if codes else abort(404)
    )


def _to_trial(contact: Contact, code: QRCode) -> Response:
    return redirect(url_for("web.trial_of", contact_row_id=contact.id, code=code.id))


def _ask(form: LookForm, problem: str = "") -> str:
    _offer(form)
    return page("email/try.html", "email", form=form, problem=problem)


def _offer(form: LookForm) -> None:
    form.code.choices = [
        SelectChoice(one.id, f"{one.name} · {one.official_account.name}") for one in linking_codes()
    ]
