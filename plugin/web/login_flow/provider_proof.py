"""LINE's redirect after an administrator's login that proves the provider."""

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.connections.channels import callback_url
from plugin.services.login_flow.login import CallbackParams
from plugin.services.login_flow.provider_proof import Verdict, account_to_prove, finish_proof
from plugin.web.login_flow.browser import browser


def finish_admin_proof(back: CallbackParams) -> Response | None:
    """Finish the proof that this browser began; None for a friend's login."""
    account = account_to_prove(get_deps(), back.state, browser())
    if account is None:
        return None
    if back.error or not back.code:
        flash(_("You did not allow it, so nothing is proven."), "bad")
    else:
        _finish(account, back)
    return redirect(url_for("settings.account", account_id=account.id), 303)


def _finish(account: OfficialAccount, back: CallbackParams) -> None:
    try:
        result = finish_proof(get_deps(), account, back.state, back.code, callback_url(get_deps()))
    except GatewayError as error:
        flash(_("LINE refused: %(words)s. Nothing was saved.", words=error.message), "bad")
    else:
        _report(result)


def _report(result: Verdict) -> None:
    if result.ok:
        flash(_("Proven: both channels belong to one provider."))
    elif result.ok is None:
        flash(
            _("You are no friend of the account yet. Log in again, and add it on the way."), "bad"
        )
    else:
        flash(_("LINE does not show the account who logs in. See the checks below."), "bad")
