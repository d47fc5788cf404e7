"""Settings > an Official Account > Sending: cap, hours, holdout, approval, and what a message
costs."""

from zoneinfo import available_timezones

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from plugin.core.overwrites import ChangedMeanwhile
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.sending.rules import (
    InvalidRules,
    RuleChoices,
    choices_of,
    save_rules,
    zone_properties,
)
from plugin.web.layout import page
from plugin.web.overwrites import (
    FIELD,
    Difference,
    display_value,
    stamp,
    submitted_fingerprints,
    untouched,
)
from plugin.web.owned import own_account
from plugin.web.session import person, tenant
from plugin.web.settings.blueprint import blueprint
from plugin.web.settings.rule_forms import RulesForm, fields_of

Page = str | Response | tuple[str, int]
# The form's name of a stored value, where it is another.
SHOWN_AS = {"open_hours": "hours", "price_milli": "price"}


@blueprint.route("/accounts/<row_id:account_id>/sending", methods=["GET", "POST"])
def sending_rules(account_id: int) -> Page:
    account = own_account(account_id)
    present = choices_of(SendingRules.of_account(account.id))
    form = _form(present)
    choices = form.choices()
    if choices is None:
        return _form_page(account, form, request.form.get(FIELD) or stamp(present._asdict()))
    try:
        save_rules(account, choices, person().member.email, submitted_fingerprints())
    except InvalidRules as error:
        form.refuse(error.refusals)
        return _form_page(account, form, request.form.get(FIELD, ""))
    except ChangedMeanwhile as error:
        return _changed_meanwhile(own_account(account_id), choices, error.names)
    flash(_("Saved."))
    return redirect(url_for("settings.sending_rules", account_id=account_id))


def _form(present: RuleChoices, *, submitted: bool = True) -> RulesForm:
    data = fields_of(present)
    form = RulesForm(data=data) if submitted else RulesForm(formdata=None, data=data)
    properties = zone_properties(tenant())
    none = SelectChoice("", _("None: all contacts have the time zone above"))
    choices = [SelectChoice(each.name, each.label) for each in properties]
    form.zone_property.choices = [none, *choices]
    return form


def _changed_meanwhile(account: OfficialAccount, typed: RuleChoices, names: frozenset[str]) -> Page:
    """The form with what was typed, over what another person saved meanwhile."""
    present, seen = choices_of(SendingRules.of_account(account.id)), submitted_fingerprints()
    merged = {
        name: getattr(present, name) if untouched(name, value, seen) else value
        for name, value in typed._asdict().items()
    }
    form = _form(RuleChoices(**merged), submitted=False)
    differences = [
        Difference(str(form[SHOWN_AS.get(name, name)].label.text), _shown(present, name))
        for name in RuleChoices._fields
        if name in names
    ]
    return _form_page(account, form, stamp(present._asdict()), differences)


def _shown(present: RuleChoices, name: str) -> str:
    if name == "open_hours":
        return str(_("At any time") if present.open_hours is None else _("In other hours"))
    return display_value(fields_of(present)[SHOWN_AS.get(name, name)])


def _form_page(
    account: OfficialAccount,
    form: RulesForm,
    seen: str,
    differences: list[Difference] | None = None,
) -> Page:
    html = page(
        "settings/sending.html",
        "settings",
        account=account,
        form=form,
        rules=SendingRules.of_account(account.id),
        seen=seen,
        differences=differences or [],
        unsaved=bool(form.errors or differences),
        zones=sorted(available_timezones()),
        portal_zone=person().installation.time_zone or "UTC",
    )
    if differences:
        return html, 409
    return (html, 422) if form.errors else html
