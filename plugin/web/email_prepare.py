"""Email > Prepare a list: which list, which QR code, how long the links last."""

from typing import NamedTuple

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Regexp

from plugin.doorway import outside
from plugin.gateways import ContactList, GatewayError
from plugin.models.qr_code import QRCode
from plugin.services.linkage_tokens import DEFAULT_DAYS, MAX_DAYS
from plugin.services.list_imports import find_lists
from plugin.services.prepare_list import Order, begin_preparation
from plugin.web.blueprint import web
from plugin.web.email import linking_codes, list_trouble
from plugin.web.frame import page
from plugin.web.people_filter import row_id
from plugin.web.signed_in import person, tenant

Page = str | Response | tuple[str, int]
WHOLE = lazy_gettext("Enter a number of days.")
DAYS = lazy_gettext("Enter a number of days from %(min)s to %(max)s.")


class FoundLists(NamedTuple):
    """HubSpot's lists of contacts whose name fits; `more`: there are others."""

    lists: tuple[ContactList, ...] = ()
    more: bool = False
    trouble: str = ""


class DaysField(IntegerField):
    """A whole number of days, in the reader's words where it is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take what was typed."""
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(_("Enter a number of days.")) from error


class PrepareForm(FlaskForm):
    """What is wanted of a list."""

    list_id = StringField(
        lazy_gettext("List"), [Regexp(r"^[0-9]{1,20}$", message=lazy_gettext("Choose a list."))]
    )
    code = SelectField(lazy_gettext("QR code"), coerce=int)
    valid_days = DaysField(
        lazy_gettext("Links are good for (days)"),
        [InputRequired(message=WHOLE), NumberRange(1, MAX_DAYS, message=DAYS)],
        default=DEFAULT_DAYS,
    )
    renew_days = DaysField(
        lazy_gettext("Renew links that end within (days)"),
        [InputRequired(message=WHOLE), NumberRange(0, MAX_DAYS, message=DAYS)],
        default=7,
    )
    only_unlinked = BooleanField(
        lazy_gettext("Leave out contacts who are linked already"), default=True
    )

    def order(self) -> Order:
        """The form as the service takes it."""
        return Order(
            self.list_id.data, self.valid_days.data, self.renew_days.data, self.only_unlinked.data
        )


@web.get("/email/prepare")
def prepare() -> Page:
    """The lists that fit, and the form."""
    codes, form = linking_codes(), PrepareForm()
    if not codes:
        return redirect(url_for("web.email"))
    form.code.data = row_id(request.args.get("code", "")) or codes[0].id
    return _ask(form, codes)


@web.post("/email/prepare")
def begin_preparing() -> Page:
    """Begin, and show how it goes."""
    codes, form = linking_codes(), PrepareForm()
    _offer(form, codes)
    if not form.validate():
        return _ask(form, codes), 422
    code = next(one for one in codes if one.id == form.code.data)
    try:
        mine = begin_preparation(outside(), code, form.order(), person().member.email)
    except GatewayError as error:
        return _ask(form, codes, list_trouble(error)), 422
    flash(_("%(list)s is being prepared.", list=mine.list_name))
    return redirect(url_for("web.preparation", preparation_id=mine.id))


def _found(query: str) -> FoundLists:
    try:
        found = find_lists(outside(), tenant(), query, None)
    except GatewayError as error:
        return FoundLists(trouble=list_trouble(error))
    return FoundLists(found.lists, found.after is not None)


def _ask(form: PrepareForm, codes: list[QRCode], problem: str = "") -> str:
    _offer(form, codes)
    q = request.values.get("q", "").strip()[:200].replace("\0", "")
    return page("email/prepare.html", "email", form=form, q=q, found=_found(q), problem=problem)


def _offer(form: PrepareForm, codes: list[QRCode]) -> None:
    form.code.choices = [
        SelectChoice(one.id, f"{one.name} · {one.official_account.name}") for one in codes
    ]
