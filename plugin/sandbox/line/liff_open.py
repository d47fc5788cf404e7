"""LIFF URLs, the stand-in for LINE's LIFF SDK, and the few pages it needs."""

from flask import Response, current_app, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugin.sandbox.line import friendships, liff_links, login_pages
from plugin.sandbox.line.answers import platform_blueprint
from plugin.sandbox.line.directory import friend_state, id_in
from plugin.sandbox.line.holder import holder
from plugin.sandbox.line.login_requests import BadRequestPage
from plugin.sandbox.store import Value
from plugin.sandbox.world import world

blueprint = platform_blueprint("line_liff", "")


@blueprint.errorhandler(BadRequestPage)
def bad_request(error: BadRequestPage) -> ResponseReturnValue:
    """A LIFF id that is none, an address outside the endpoint."""
    return render_template("line/bad_request.html", reason=str(error)), 400


@blueprint.after_request
def any_origin(response: Response) -> Response:
    """The stand-in script asks from the endpoint's origin, and reads refusals too."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@blueprint.get("/liff/<liff_id>")
@blueprint.get("/liff/<liff_id>/")
@blueprint.get("/liff/<liff_id>/<path:rest>")
def open_app(liff_id: str, rest: str = "") -> ResponseReturnValue:
    """On a phone through consent to the endpoint; in any other browser straight to it."""
    found = _app(liff_id)
    query = request.query_string.decode()
    address = liff_links.primary_url(found["app"]["view"]["url"], rest, query)
    # Without LINE there is nobody to ask: `liff.login()` is the page's own affair.
    if not holder():
        return redirect(address)
    return login_pages.begin(liff_links.wish_for(found, address, in_client=True))


@blueprint.get("/liff-sdk.js")
def sdk() -> Response:
    """A small `liff` object that works with this sandbox."""
    return current_app.send_static_file("liff-sdk.js")


@blueprint.get("/line-access/liff-app/<liff_id>")
def describe(liff_id: str) -> ResponseReturnValue:
    """What `liff.init` has to know of the app."""
    found = _app(liff_id)
    values = {
        "endpoint": found["app"]["view"]["url"],
        "view": found["app"]["view"]["type"],
        "linked": _account(found) is not None,
        "phone": f"{world().config.base_url}/phone/{holder() or 'alice'}",
    }
    return jsonify(values)


@blueprint.get("/line-access/liff-login/<liff_id>")
def login(liff_id: str) -> ResponseReturnValue:
    """`liff.login()`: comes back to an address at or below the endpoint."""
    found, address = _app(liff_id), request.args.get("redirect_uri", "")
    if not address.startswith(found["app"]["view"]["url"].rstrip("/")):
        raise BadRequestPage("The redirectUri must start with the endpoint URL.")
    return login_pages.begin(liff_links.wish_for(found, address, in_client=False))


@blueprint.route("/line-access/liff-friend/<liff_id>", methods=["GET", "POST"])
def friend(liff_id: str) -> ResponseReturnValue:
    """The sub-window of `liff.requestFriendship()`; it closes itself."""
    found, person = _app(liff_id), holder()
    account = _account(found)
    if account is None or not person:
        raise BadRequestPage("FORBIDDEN")
    user_id = id_in(world(), person, account["provider"])
    if request.method == "POST" and request.form.get("decision") == "add":
        friendships.add(world(), account, user_id)
    return render_template(
        "line/friend.html",
        account=account,
        offer=friend_state(world(), account["channel_id"], user_id),
        closes=request.method == "POST",
    )


def _app(liff_id: str) -> Value:
    found = world().store.get("line_liff", liff_id)
    if found is None:
        raise BadRequestPage("The LIFF app was not found.")
    return found


def _account(found: Value) -> Value | None:
    login_channel = world().store.get("line_login", found["channel"]) or {}
    return world().store.get("line_account", login_channel.get("linked_account"))
