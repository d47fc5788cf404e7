"""LIFF URLs, the stand-in for LINE's LIFF SDK, and the few pages it needs."""

from flask import Response, current_app, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugin.sandbox.line import friendships
from plugin.sandbox.line.api.answers import platform_blueprint
from plugin.sandbox.line.directory import friend_state, id_in
from plugin.sandbox.line.login import liff_links, pages
from plugin.sandbox.line.login.requests import BadRequestPage
from plugin.sandbox.line.phone.holder import holder
from plugin.sandbox.store import Value
from plugin.sandbox.world import world

blueprint = platform_blueprint("line_liff", "")


@blueprint.errorhandler(BadRequestPage)
def bad_request(error: BadRequestPage) -> ResponseReturnValue:
    """An invalid LIFF id, or an address outside the endpoint."""
    return render_template("line/bad_request.html", reason=str(error)), 400


@blueprint.after_request
def any_origin(response: Response) -> Response:
    # The stand-in script calls from the endpoint's origin, and reads refusals too.
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@blueprint.get("/liff/<liff_id>")
@blueprint.get("/liff/<liff_id>/")
@blueprint.get("/liff/<liff_id>/<path:rest>")
def open_app(liff_id: str, rest: str = "") -> ResponseReturnValue:
    """On a phone through consent to the endpoint; in any other browser straight to it."""
    app = _app(liff_id)
    query = request.query_string.decode()
    address = liff_links.primary_url(app["app"]["view"]["url"], rest, query)
    # Outside LINE no consent is possible: the page calls `liff.login()` itself.
    if not holder():
        return redirect(address)
    return pages.begin(liff_links.login_request_for(app, address, in_client=True))


@blueprint.get("/liff-sdk.js")
def sdk() -> Response:
    return current_app.send_static_file("liff-sdk.js")


@blueprint.get("/line-access/liff-app/<liff_id>")
def describe(liff_id: str) -> ResponseReturnValue:
    """The app's details for `liff.init`."""
    app = _app(liff_id)
    values = {
        "endpoint": app["app"]["view"]["url"],
        "view": app["app"]["view"]["type"],
        "linked": _account(app) is not None,
        "phone": f"{world().config.base_url}/phone/{holder() or 'alice'}",
    }
    return jsonify(values)


@blueprint.get("/line-access/liff-login/<liff_id>")
def login(liff_id: str) -> ResponseReturnValue:
    """`liff.login()`: returns to an address at or below the endpoint."""
    app, address = _app(liff_id), request.args.get("redirect_uri", "")
    if not address.startswith(app["app"]["view"]["url"].rstrip("/")):
        raise BadRequestPage("The redirectUri must start with the endpoint URL.")
    return pages.begin(liff_links.login_request_for(app, address, in_client=False))


@blueprint.route("/line-access/liff-friend/<liff_id>", methods=["GET", "POST"])
def friend(liff_id: str) -> ResponseReturnValue:
    """The sub-window of `liff.requestFriendship()`; it closes itself."""
    app, person = _app(liff_id), holder()
    account = _account(app)
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
    app = world().store.get("line_liff", liff_id)
    if app is None:
        raise BadRequestPage("The LIFF app was not found.")
    return app


def _account(app: Value) -> Value | None:
    login_channel = world().store.get("line_login", app["channel"]) or {}
    return world().store.get("line_account", login_channel.get("linked_account"))
