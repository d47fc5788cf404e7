"""LINE Login's pages: authorize, choose a person, consent, add the friend."""

import secrets

from flask import Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from plugin.sandbox.line.api.answers import platform_blueprint
from plugin.sandbox.line.login import flow, liff_links
from plugin.sandbox.line.login.requests import (
    BadRequestPage,
    CallbackError,
    LoginRequest,
    find_channel,
    read,
    with_query,
)
from plugin.sandbox.line.phone.holder import holder, phones, set_holder
from plugin.sandbox.store import Value
from plugin.sandbox.world import world

blueprint = platform_blueprint("line_login", "/line-access")
DEVELOPING = "This channel is now developing status. User need to have developer role."


@blueprint.get("/oauth2/v2.1/authorize")
def authorize() -> ResponseReturnValue:
    """Check the request, then redirect to the pages that are needed."""
    try:
        login_request = read(world(), request.args)
    except CallbackError as error:
        return _send_back(request.args["redirect_uri"], request.args.get("state"), error)
    if login_request.prompt == "none":
        return _silently(login_request)
    if (
        login_request.auto_login
        and find_channel(world(), login_request.client_id)["auto_login_fails"]
    ):
        return _lost_auto_login(login_request)
    return begin(login_request)


@blueprint.errorhandler(BadRequestPage)
def bad_request(error: BadRequestPage) -> ResponseReturnValue:
    # LINE redirects to no address that it does not know.
    return render_template("line/bad_request.html", reason=str(error)), 400


def begin(login_request: LoginRequest) -> AnyResponse:
    """Redirect to the consent page, or first to the choice of a person."""
    login_id = flow.store_request(world(), login_request)
    person = holder()
    if not person or not login_request.auto_login:
        return redirect(url_for("line_login.choose", login_id=login_id))
    return _enter(login_id, person)


@blueprint.get("/login/<login_id>")
def choose(login_id: str) -> ResponseReturnValue:
    login_request = _login_request(login_id)
    channel = flow.channel_of(world(), login_request)
    return render_template(
        "line/login.html", login_id=login_id, channel=channel, phones=phones(), holder=holder()
    )


@blueprint.post("/login/<login_id>")
def chosen(login_id: str) -> ResponseReturnValue:
    """This browser belongs to the chosen person from now on."""
    _login_request(login_id)
    person = request.form.get("person", "")
    if world().store.get("line_person", person) is None:
        abort(400)
    return set_holder(make_response(_enter(login_id, person)), person)


def _enter(login_id: str, person: str) -> AnyResponse:
    login_request = flow.change(world(), login_id, person=person)
    channel = flow.channel_of(world(), login_request)
    if not channel["published"] and person not in channel["admins"]:
        raise BadRequestPage(DEVELOPING)
    if flow.consented(world(), login_request):
        return _after_consent(login_id, login_request)
    return redirect(url_for("line_login.consent", login_id=login_id))


@blueprint.get("/consent/<login_id>")
def consent(login_id: str) -> ResponseReturnValue:
    login_request = _login_request(login_id, entered=True)
    person = world().store.get("line_person", login_request["person"])
    return render_template(
        "line/consent.html",
        login_id=login_id,
        login_request=login_request,
        person=person,
        channel=flow.channel_of(world(), login_request),
        account=flow.linked_account(world(), login_request),
        offer=flow.friend_offer(world(), login_request)
        if login_request["bot_prompt"] == "normal"
        else None,
    )


@blueprint.post("/consent/<login_id>")
def decide(login_id: str) -> ResponseReturnValue:
    login_request = _login_request(login_id, entered=True)
    if request.form.get("decision") != "allow":
        return _declined(login_id, login_request)
    flow.grant(world(), login_request)
    if (
        login_request["bot_prompt"] == "normal"
        and flow.friend_offer(world(), login_request) is not None
    ):
        login_request = flow.change(world(), login_id, friend_asked=True)
        if request.form.get("add_friend"):
            login_request = flow.add_friend(world(), login_id, login_request)
    return _after_consent(login_id, login_request)


def _declined(login_id: str, login_request: Value) -> AnyResponse:
    world().store.delete("line_login_request", login_id)
    # A LIFF page that may not know its reader does not open at all.
    if login_request["liff_id"]:
        return redirect(url_for("line_phone.phone", person=login_request["person"]))
    error = CallbackError("ACCESS_DENIED", "The resource owner denied the request.")
    return _send_back(login_request["redirect_uri"], login_request["state"], error)


def _after_consent(login_id: str, login_request: Value) -> AnyResponse:
    offer = flow.friend_offer(world(), login_request)
    if login_request["bot_prompt"] == "aggressive" and offer is not None:
        login_request = flow.change(world(), login_id, friend_asked=True)
        if offer != "following":
            return redirect(url_for("line_login.friend", login_id=login_id))
    return _finish(login_id, login_request)


@blueprint.get("/friend/<login_id>")
def friend(login_id: str) -> ResponseReturnValue:
    """The separate page of `aggressive`."""
    login_request = _login_request(login_id, entered=True)
    return render_template(
        "line/friend.html",
        login_id=login_id,
        account=flow.linked_account(world(), login_request),
        offer=flow.friend_offer(world(), login_request),
    )


@blueprint.post("/friend/<login_id>")
def answer_friend(login_id: str) -> ResponseReturnValue:
    login_request = _login_request(login_id, entered=True)
    if request.form.get("decision") == "add":
        login_request = flow.add_friend(world(), login_id, login_request)
    return _finish(login_id, login_request)


def _finish(login_id: str, login_request: Value) -> AnyResponse:
    if login_request["liff_id"]:
        return redirect(liff_links.opened(world(), login_id, login_request))
    values = flow.success(world(), login_id, login_request)
    return redirect(with_query(login_request["redirect_uri"], values))


def _silently(login_request: LoginRequest) -> AnyResponse:
    # prompt=none: no page at all.
    person = holder()
    if not person:
        error = CallbackError("LOGIN_REQUIRED", "nobody is logged in")
        return _send_back(login_request.redirect_uri, login_request.state, error)
    login_id = flow.store_request(world(), login_request)
    stored = flow.change(world(), login_id, person=person)
    if not flow.consented(world(), stored):
        error = CallbackError("INTERACTION_REQUIRED", "consent is needed")
        return _send_back(login_request.redirect_uri, login_request.state, error)
    return _finish(login_id, stored)


def _lost_auto_login(login_request: LoginRequest) -> AnyResponse:
    # How a failed auto-login returns: with an invalid code and an unknown state.
    values = {"code": secrets.token_urlsafe(15), "state": secrets.token_urlsafe(12)}
    return redirect(with_query(login_request.redirect_uri, values))


def _send_back(uri: str, state: str | None, error: CallbackError) -> AnyResponse:
    values = {"error": error.error, "error_description": error.description, "state": state}
    return redirect(with_query(uri, values))


def _login_request(login_id: str, *, entered: bool = False) -> Value:
    login_request = world().store.get("line_login_request", login_id)
    if login_request is None or (entered and not login_request["person"]):
        raise BadRequestPage("This page has expired. Start the login again.")
    return login_request


@blueprint.get("/.well-known/openid-configuration")
def discovery() -> Response:
    """LINE's discovery document, with this sandbox's addresses."""
    base = world().config.base_url
    values = {
        "issuer": "https://access.line.me",
        "authorization_endpoint": f"{base}/line-access/oauth2/v2.1/authorize",
        "token_endpoint": f"{base}/line-api/oauth2/v2.1/token",
        "jwks_uri": f"{base}/line-api/oauth2/v2.1/certs",
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
    }
    return make_response(values)
