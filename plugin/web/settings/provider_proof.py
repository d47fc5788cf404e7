"""An administrator logs in with LINE to prove that both channels belong to one provider."""

from flask import redirect, url_for
from werkzeug.wrappers import Response

from plugin.guards import get_deps
from plugin.services.connections.channels import callback_url
from plugin.services.login_flow.provider_proof import begin_proof
from plugin.web.language import page_language
from plugin.web.login_flow.browser import browser, new_browser, remember
from plugin.web.owned import own_account
from plugin.web.settings.blueprint import blueprint


@blueprint.get("/accounts/<row_id:account_id>/prove")
def prove(account_id: int) -> Response:
    # Redirect to LINE. A GET, since nothing is written and our policy lets no form lead there.
    account, secret = own_account(account_id), browser() or new_browser()
    if not account.can_login:
        return redirect(url_for("settings.edit_account", account_id=account_id))
    address = begin_proof(get_deps(), account, secret, callback_url(get_deps()), page_language())
    return remember(redirect(address), secret)
