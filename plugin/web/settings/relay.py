"""Settings > an Official Account > Relay: LINE's calls for the tool that had them before."""

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.clock import utcnow
from plugin.core.webhooks.receiver_urls import UnfitUrl
from plugin.guards import get_deps
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.outgoing.line_relay import LineRelay
from plugin.services.outgoing.relay import set_relay, stop_relay
from plugin.web.language import in_words
from plugin.web.layout import page
from plugin.web.owned import own_account
from plugin.web.settings.blueprint import blueprint
from plugin.web.settings.receiver_words import outcome_words


@blueprint.get("/accounts/<row_id:account_id>/relay")
def relay(account_id: int) -> str:
    account = own_account(account_id)
    current = LineRelay.of_account(account.id)
    return _page(account, current.url if current else account.previous_webhook_url)


@blueprint.post("/accounts/<row_id:account_id>/relay")
def save_relay(account_id: int) -> Response | tuple[str, int]:
    account, url = own_account(account_id), request.form.get("url", "").replace("\0", "")[:4000]
    try:
        set_relay(get_deps(), account, url)
    except UnfitUrl as error:
        return _page(account, url, in_words(error.problem)), 422
    flash(_("LINE's calls are relayed from now on."))
    return redirect(url_for("settings.relay", account_id=account_id))


@blueprint.post("/accounts/<row_id:account_id>/relay/stop")
def end_relay(account_id: int) -> Response:
    stop_relay(own_account(account_id))
    flash(_("Nothing is relayed any more."))
    return redirect(url_for("settings.relay", account_id=account_id))


def _page(account: OfficialAccount, url: str, problem: str = "") -> str:
    current = LineRelay.of_account(account.id)
    return page(
        "webhooks/relay.html",
        "settings",
        account=account,
        relay=current,
        has_lost=bool(current and current.lost_lately(utcnow())),
        url=url,
        problems={"url": [problem]} if problem else {},
        outcome_words=outcome_words,
    )
