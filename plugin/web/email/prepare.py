"""Email > Prepare a list: the list, the QR code, and how long the links last."""

from typing import NamedTuple

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Regexp

from plugin.core.bidi import isolated
from plugin.gateways import ContactList, GatewayError
from plugin.guards import get_deps
from plugin.models.login_flow.qr_code import QRCode
from plugin.services.imports.manage import find_lists
from plugin.services.personal_links.bulk import BulkIssueRequest, begin_preparation
from plugin.services.personal_links.tokens import DEFAULT_DAYS, MAX_DAYS
from plugin.web.email.blueprint import blueprint
from plugin.web.email.views import linking_codes, list_error
from plugin.web.layout import page
from plugin.web.owned import row_id
from plugin.web.session import person, tenant

Page = str | Response | tuple[str, int]
NOT_A_NUMBER = lazy_gettext("Enter a number of days.")
OUT_OF_RANGE = lazy_gettext("Enter a number of days from %(min)s to %(max)s.")


class FoundLists(NamedTuple):
    """HubSpot's matching lists of contacts; `more`: not all of them."""

    lists: tuple[ContactList, ...] = ()
    more: bool = False
    trouble: str = ""


class DaysField(IntegerField):
    """A whole number of days, with a translated error."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(_("Enter a number of days.")) from error


class PrepareForm(FlaskForm):
    """How a list is prepared."""

    list_id = StringField(
        lazy_gettext("List"), [Regexp(r"^[0-9]{1,20}$", message=lazy_gettext("Choose a list."))]
    )
    code = SelectField(lazy_gettext("QR code"), coerce=int)
    valid_days = DaysField(
        lazy_gettext("Links are good for (days)"),
        [InputRequired(message=NOT_A_NUMBER), NumberRange(1, MAX_DAYS, message=OUT_OF_RANGE)],
        default=DEFAULT_DAYS,
    )
    renew_days = DaysField(
        lazy_gettext("Renew links that end within (days)"),
        [InputRequired(message=NOT_A_NUMBER), NumberRange(0, MAX_DAYS, message=OUT_OF_RANGE)],
        default=7,
    )
    only_unlinked = BooleanField(
        lazy_gettext("Leave out contacts who are linked already"), default=True
    )
    keeps = BooleanField(lazy_gettext("Keep the list prepared"), default=True)

    def order(self) -> BulkIssueRequest:
        return BulkIssueRequest(
            self.list_id.data,
            self.valid_days.data,
            self.renew_days.data,
            self.only_unlinked.data,
            self.keeps.data,
        )


@blueprint.get("/email/prepare")
def prepare() -> Page:
    codes, form = linking_codes(), PrepareForm()
    if not codes:
        return redirect(url_for("email.email"))
    form.code.data = row_id(request.args.get("code", "")) or codes[0].id
    return _form_page(form, codes)


@blueprint.post("/email/prepare")
def begin_preparing() -> Page:
    codes, form = linking_codes(), PrepareForm()
    _fill_choices(form, codes)
    if not form.validate():
        return _form_page(form, codes), 422
    code = next(qr_code for qr_code in codes if qr_code.id == form.code.data)
    try:
        preparation = begin_preparation(get_deps(), code, form.order(), person().member.email)
    except GatewayError as error:
        return _form_page(form, codes, list_error(error)), 422
    flash(_("%(list)s is being prepared.", list=preparation.list_name))
    return redirect(url_for("email.preparation", preparation_id=preparation.id))


def _find_lists(query: str) -> FoundLists:
    try:
        result = find_lists(get_deps(), tenant(), query, None)
    except GatewayError as error:
        return FoundLists(trouble=list_error(error))
    return FoundLists(result.lists, result.after is not None)


def _form_page(form: PrepareForm, codes: list[QRCode], problem: str = "") -> str:
    _fill_choices(form, codes)
    q = request.values.get("q", "").strip()[:200].replace("\0", "")
    return page(
        "email/prepare.html", "email", form=form, q=q, found=_find_lists(q), problem=problem
    )


def _fill_choices(form: PrepareForm, codes: list[QRCode]) -> None:
    form.code.choices = [
        SelectChoice(code.id, f"{isolated(code.name)} · {isolated(code.official_account.name)}")
        for code in codes
    ]
