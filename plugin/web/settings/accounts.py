"""Settings > Official Accounts: connect, check, repair, disconnect."""

from flask import current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.diagnosis.doctor.checks import LOOKED_AT
from plugin.core.overwrites import ChangedMeanwhile
from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.outgoing.line_relay import LineRelay
from plugin.services.connections.account_values import InvalidValues
from plugin.services.connections.channels import ChannelValues, callback_url, stored_values
from plugin.services.connections.liff_app import ensure_liff_app
from plugin.services.connections.official_account import (
    archive_account,
    check_account,
    connect_account,
    webhook_url,
)
from plugin.services.doctor.places import PLACES
from plugin.services.doctor.report import account_verdicts, checked_verdicts
from plugin.services.doctor.run import check_official_account
from plugin.services.qr_codes.codes import create_qr_code
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
from plugin.web.settings.account_forms import AccountForm, ConnectForm, EditForm, explain_refusal
from plugin.web.settings.blueprint import blueprint
from plugin.web.settings.findings import Tally, findings
from plugin.web.settings.quota import gaps_of, gauge, names_of

Page = str | Response | tuple[str, int]


@blueprint.route("/accounts/new", methods=["GET", "POST"])
def connect() -> Page:
    """Connect an account; nothing is stored unless LINE accepts the Messaging API channel."""
    form = ConnectForm(data=current_app.config.get("SANDBOX_ACCOUNT"))
    if form.validate_on_submit():
        return _save(form, form.values(), "settings/account_new.html")
    return _form_page(form, "settings/account_new.html")


@blueprint.get("/accounts/<row_id:account_id>")
def account(account_id: int) -> str:
    account = own_account(account_id)
    codes = list(db.session.scalars(QRCode.owned(tenant())))
    return page(
        "settings/account.html",
        "settings",
        account=account,
        relay=LineRelay.of_account(account.id),
        findings=findings(checked_verdicts(account), account),
        tally=Tally.of(account_verdicts(account)),
        looked_at=LOOKED_AT,
        codes=[code for code in codes if code.official_account_id == account.id],
        quota=gauge(account),
        names=names_of(account),
        gaps=gaps_of([account]),
        webhook_url=webhook_url(get_deps(), account),
        callback_url=callback_url(get_deps()),
    )


@blueprint.post("/accounts/<row_id:account_id>/check")
def check(account_id: int) -> Response:
    check_official_account(get_deps(), own_account(account_id))
    flash(_("Checked just now."))
    return redirect(url_for("settings.account", account_id=account_id))


@blueprint.post("/accounts/<row_id:account_id>/webhook")
def set_webhook(account_id: int) -> Response:
    """Set the webhook URL at LINE again, with the stored channels."""
    account = own_account(account_id)
    try:
        connect_account(get_deps(), person().installation, stored_values(account))
        flash(_("Musubi asked LINE to send events here. See the checks below."))
    except (GatewayError, InvalidValues):
        check_account(get_deps(), account)
        flash(_("LINE did not let Musubi in. See the checks below."), "bad")
    return redirect(url_for("settings.account", account_id=account_id))


@blueprint.post("/accounts/<row_id:account_id>/liff")
def set_liff_app(account_id: int) -> Response:
    """Create the LIFF app at LINE, or correct its endpoint."""
    account = own_account(account_id)
    try:
        ensure_liff_app(get_deps(), account)
        flash(_("The LIFF app is ready: on phones friends are linked inside LINE."))
    except GatewayError as error:
        flash(_("LINE refused: %(words)s. Nothing was saved.", words=error.message), "bad")
    check_account(get_deps(), account)
    return redirect(url_for("settings.account", account_id=account_id))


@blueprint.route("/accounts/<row_id:account_id>/edit", methods=["GET", "POST"])
def edit_account(account_id: int) -> Page:
    account = own_account(account_id)
    form = EditForm(
        data={"login_channel_id": account.login_channel_id, "liff_url": account.liff_url}
    )
    values = form.merged(account) if form.validate_on_submit() else None
    if values is not None:
        return _save(form, values, "settings/account_edit.html", account)
    return _form_page(form, "settings/account_edit.html", account)


@blueprint.post("/accounts/<row_id:account_id>/disconnect")
def disconnect_account(account_id: int) -> Response:
    account = own_account(account_id)
    archive_account(account)
    flash(_("%(account)s is disconnected. Its friends and links are kept.", account=account.name))
    return redirect(url_for("settings.settings"))


def _save(
    form: AccountForm, values: ChannelValues, template: str, account: OfficialAccount | None = None
) -> Page:
    seen = submitted_fingerprints() if account else None
    try:
        connected = connect_account(get_deps(), person().installation, values, seen)
    except GatewayError as error:
        return _form_page(form, template, account, explain_refusal(form, error))
    except ChangedMeanwhile as error:
        return _changed_meanwhile(form, own_account(account.id if account else 0), error.names)
    flash(_("Saved.") if account else _first_code(connected))
    return redirect(url_for("settings.account", account_id=connected.id))


def _first_code(account: OfficialAccount) -> str:
    """Give a tenant's first account a code to scan, and return what to tell of both."""
    has_code = db.session.scalar(QRCode.owned(tenant()).limit(1)) is not None
    if has_code or not account.can_login:
        return str(_("%(account)s is connected.", account=account.name))
    create_qr_code(account, account.name[:120], "hubspot")
    return str(_("%(account)s is connected, and has its first QR code.", account=account.name))


def _changed_meanwhile(form: AccountForm, account: OfficialAccount, names: frozenset[str]) -> Page:
    """The form with what was typed, over what another person saved meanwhile."""
    present, seen = stored_values(account)._asdict(), submitted_fingerprints()
    differences = []
    for name in sorted(names & set(form.data)):
        secret = name.endswith("secret")
        now = _("was replaced") if secret else display_value(present[name])
        differences.append(Difference(str(form[name].label.text), now))
        if not secret and untouched(name, form[name].data, seen):
            form[name].data = present[name]
    return _form_page(form, "settings/account_edit.html", account, differences=differences)


def _form_page(
    form: AccountForm,
    template: str,
    account: OfficialAccount | None = None,
    problem: str = "",
    differences: list[Difference] | None = None,
) -> Page:
    refused = bool(form.errors or problem)
    fresh = stamp(stored_values(account)._asdict()) if account else ""
    html = page(
        template,
        "settings",
        form=form,
        account=account,
        problem=problem,
        differences=differences or [],
        # A refused form still belongs to the row as it was loaded.
        seen=request.form.get(FIELD, fresh) if refused else fresh,
        unsaved=refused or bool(differences),
        callback_url=callback_url(get_deps()),
        developers=PLACES["developers"].path,
    )
    if differences:
        return html, 409
    return (html, 422) if refused else html
