"""The account-link dialog: link token and nonce, ended by an accountLink event."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugin.sandbox.line import delivery, events
from plugin.sandbox.line.api.answers import platform_blueprint
from plugin.sandbox.line.directory import id_in
from plugin.sandbox.line.phone.holder import holder
from plugin.sandbox.world import world

blueprint = platform_blueprint("line_account_link", "/line-access")
NONCE_LENGTHS = range(10, 256)


@blueprint.get("/dialog/bot/accountLink")
def dialog() -> ResponseReturnValue:
    """An expired or used token shows LINE's error page, and no webhook is sent."""
    nonce, person = request.args.get("nonce", ""), holder()
    token = world().store.delete("line_link_token", request.args.get("linkToken", ""))
    account = world().store.get("line_account", token["channel"]) if token else None
    if token is None or account is None or token["until"] < world().clock.now():
        return _page("The link token has expired or was used.")
    if not person or len(nonce) not in NONCE_LENGTHS:
        return _page("Open this link on a phone with LINE, with a nonce of 10 to 255 characters.")
    # A forwarded link was tapped by another person than the token was made for.
    is_owner = id_in(world(), person, account["provider"]) == token["user_id"]
    user_id = token["user_id"] if is_owner else None
    event = events.account_link(world(), account, user_id, nonce)
    delivery.raise_event(world(), account, event)
    address = url_for("line_phone.chat", person=person, channel=account["channel_id"])
    return redirect(address)


def _page(reason: str) -> ResponseReturnValue:
    return render_template("line/bad_request.html", reason=reason), 400
