"""Settings > Official Accounts: connect, check, mend, disconnect."""

from flask import abort, current_app, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.doorway import outside
from plugin.gateways import GatewayError
from plugin.models.official_account import OfficialAccount
from plugin.services.connect_account import (
    ChannelValues,
    archive_account,
    check_account,
    connect_account,
    webhook_url,
)
from plugin.services.friend_login import redirect_uri
from plugin.services.liff_app import ensure_liff_app
from plugin.web.account_checks import DEVELOPERS, MANAGER, by_hand, findings
from plugin.web.account_forms import AccountForm, ConnectForm, EditForm, explain_refusal
from plugin.web.blueprint import web
from plugin.web.frame import page
from plugin.web.quota import gauge
from plugin.web.signed_in import person, tenant

Page = str | Response | tuple[str, int]


@web.route("/accounts/new", methods=["GET", "POST"])
def connect() -> Page:
    """The three steps on one page; nothing is kept unless LINE accepts the first."""
    form = ConnectForm(data=current_app.config.get("SANDBOX_ACCOUNT"))
    if form.validate_on_submit():
        return _keep(form, form.values(), "accounts/new.html")
    return _ask(form, "accounts/new.html")


@web.get("/accounts/<int:account_id>")
def account(account_id: int) -> str:
    """One account: each check with what is right, or what to do."""
    mine = own_account(account_id)
    return page(
        "accounts/one.html",
        "settings",
        account=mine,
        findings=findings(mine),
        quota=gauge(mine),
        by_hand=by_hand(),
        webhook_url=webhook_url(outside(), mine),
        callback_url=redirect_uri(outside()),
        consoles={"developers": DEVELOPERS, "manager": MANAGER},
    )


@web.post("/accounts/<int:account_id>/check")
def check(account_id: int) -> Response:
    """Ask LINE again."""
    check_account(outside(), own_account(account_id))
    flash(_("Checked just now."))
    return redirect(url_for("web.account", account_id=account_id))


@web.post("/accounts/<int:account_id>/webhook")
def set_webhook(account_id: int) -> Response:
    """Point LINE at Musubi again, with the channels as they are."""
    mine = own_account(account_id)
    present = ChannelValues(**{name: getattr(mine, name) for name in ChannelValues._fields})
    try:
        connect_account(outside(), person().installation, present)
        flash(_("Musubi asked LINE to send events here. See the checks below."))
    except GatewayError:
        check_account(outside(), mine)
        flash(_("LINE did not let Musubi in. See the checks below."), "bad")
    return redirect(url_for("web.account", account_id=account_id))


@web.post("/accounts/<int:account_id>/liff")
def set_liff_app(account_id: int) -> Response:
    """Make the LIFF app at LINE, or put its endpoint right."""
    mine = own_account(account_id)
    try:
        ensure_liff_app(outside(), mine)
        flash(_("The LIFF app is ready: on phones friends are linked inside LINE."))
    except GatewayError as error:
        flash(_("LINE refused: %(words)s. Nothing was saved.", words=error.message), "bad")
    check_account(outside(), mine)
    return redirect(url_for("web.account", account_id=account_id))


@web.route("/accounts/<int:account_id>/edit", methods=["GET", "POST"])
def edit_account(account_id: int) -> Page:
    """New secrets, another LINE Login channel, a LIFF app."""
    mine = own_account(account_id)
    form = EditForm(data={"login_channel_id": mine.login_channel_id, "liff_url": mine.liff_url})
    values = form.merged(mine) if form.validate_on_submit() else None
    if values is not None:
        return _keep(form, values, "accounts/edit.html", mine)
    return _ask(form, "accounts/edit.html", mine)


@web.post("/accounts/<int:account_id>/disconnect")
def disconnect_account(account_id: int) -> Response:
    """Out of use; its friends and links are kept."""
    mine = own_account(account_id)
    archive_account(mine)
    flash(_("%(account)s is disconnected. Its friends and links are kept.", account=mine.name))
    return redirect(url_for("web.settings"))


def own_account(account_id: int) -> OfficialAccount:
    """The account of this tenant, or 404."""
    return OfficialAccount.find_owned(tenant(), account_id) or abort(404)


def _keep(
    form: AccountForm, values: ChannelValues, template: str, mine: OfficialAccount | None = None
) -> Page:
    try:
        kept = connect_account(outside(), person().installation, values)
    except GatewayError as error:
        return _ask(form, template, mine, explain_refusal(form, error))
    said = _("Saved.") if mine else _("%(account)s is connected.", account=kept.name)
    flash(said)
    return redirect(url_for("web.account", account_id=kept.id))


def _ask(
    form: AccountForm, template: str, mine: OfficialAccount | None = None, problem: str = ""
) -> Page:
    shown = page(
        template,
        "settings",
        form=form,
        account=mine,
        problem=problem,
        callback_url=redirect_uri(outside()),
        developers=DEVELOPERS,
    )
    return (shown, 422) if form.errors or problem else shown
