"""LINE Login's pages: authorize, choose who you are, consent, add the friend."""

import secrets

from flask import Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from plugin.sandbox.line import liff_links, login_flow
from plugin.sandbox.line.answers import platform_blueprint
from plugin.sandbox.line.holder import hand_over, holder, phones
from plugin.sandbox.line.login_requests import (
    BadRequestPage,
    CallbackError,
    Wish,
    find_channel,
    read,
    with_query,
)
from plugin.sandbox.store import Value
from plugin.sandbox.world import world

blueprint = platform_blueprint("line_login", "/line-access")
DEVELOPING = "This channel is now developing status. User need to have developer role."


@blueprint.get("/oauth2/v2.1/authorize")
def authorize() -> ResponseReturnValue:
    """Check the request, then lead the person through the pages that are needed."""
    try:
        wish = read(world(), request.args)
    except CallbackError as error:
        return _send_back(request.args["redirect_uri"], request.args.get("state"), error)
    if wish.prompt == "none":
        return _silently(wish)
    if wish.auto_login and find_channel(world(), wish.client_id)["auto_login_fails"]:
        return _lost_auto_login(wish)
    return begin(wish)


@blueprint.errorhandler(BadRequestPage)
def bad_request(error: BadRequestPage) -> ResponseReturnValue:
    """Nothing goes back to an address that LINE does not know."""
    return render_template("line/bad_request.html", reason=str(error)), 400


def begin(wish: Wish) -> AnyResponse:
    """To the consent page, or first to "who are you?"."""
    wish_id = login_flow.keep(world(), wish)
    person = holder()
    if not person or not wish.auto_login:
        return redirect(url_for("line_login.choose", wish_id=wish_id))
    return _enter(wish_id, person)


@blueprint.get("/login/<wish_id>")
def choose(wish_id: str) -> ResponseReturnValue:
    """Instead of a password: pick a phone."""
    wish = _wish(wish_id)
    channel = login_flow.channel_of(world(), wish)
    return render_template(
        "line/login.html", wish_id=wish_id, channel=channel, phones=phones(), holder=holder()
    )


@blueprint.post("/login/<wish_id>")
def chosen(wish_id: str) -> ResponseReturnValue:
    """The phone is in this person's hand from now on."""
    _wish(wish_id)
    person = request.form.get("person", "")
    if world().store.get("line_person", person) is None:
        abort(400)
    return hand_over(make_response(_enter(wish_id, person)), person)


def _enter(wish_id: str, person: str) -> AnyResponse:
    wish = login_flow.change(world(), wish_id, person=person)
    channel = login_flow.channel_of(world(), wish)
    if not channel["published"] and person not in channel["admins"]:
        raise BadRequestPage(DEVELOPING)
    if login_flow.consented(world(), wish):
        return _after_consent(wish_id, wish)
    return redirect(url_for("line_login.consent", wish_id=wish_id))


@blueprint.get("/consent/<wish_id>")
def consent(wish_id: str) -> ResponseReturnValue:
    """What the service wants to know, and with `normal` the friend's box."""
    wish = _wish(wish_id, entered=True)
    person = world().store.get("line_person", wish["person"])
    return render_template(
        "line/consent.html",
        wish_id=wish_id,
        wish=wish,
        person=person,
        channel=login_flow.channel_of(world(), wish),
        account=login_flow.linked_account(world(), wish),
        offer=login_flow.friend_offer(world(), wish) if wish["bot_prompt"] == "normal" else None,
    )


@blueprint.post("/consent/<wish_id>")
def decide(wish_id: str) -> ResponseReturnValue:
    """Allow, or cancel."""
    wish = _wish(wish_id, entered=True)
    if request.form.get("decision") != "allow":
        return _declined(wish_id, wish)
    login_flow.grant(world(), wish)
    if wish["bot_prompt"] == "normal" and login_flow.friend_offer(world(), wish) is not None:
        wish = login_flow.change(world(), wish_id, friend_asked=True)
        if request.form.get("add_friend"):
            wish = login_flow.add_friend(world(), wish_id, wish)
    return _after_consent(wish_id, wish)


def _declined(wish_id: str, wish: Value) -> AnyResponse:
    world().store.delete("line_wish", wish_id)
    # A LIFF page that may not know its reader does not open at all.
    if wish["liff_id"]:
        return redirect(url_for("line_phone.phone", person=wish["person"]))
    error = CallbackError("ACCESS_DENIED", "The resource owner denied the request.")
    return _send_back(wish["redirect_uri"], wish["state"], error)


def _after_consent(wish_id: str, wish: Value) -> AnyResponse:
    offer = login_flow.friend_offer(world(), wish)
    if wish["bot_prompt"] == "aggressive" and offer is not None:
        wish = login_flow.change(world(), wish_id, friend_asked=True)
        if offer != "following":
            return redirect(url_for("line_login.friend", wish_id=wish_id))
    return _finish(wish_id, wish)


@blueprint.get("/friend/<wish_id>")
def friend(wish_id: str) -> ResponseReturnValue:
    """The separate page of `aggressive`."""
    wish = _wish(wish_id, entered=True)
    return render_template(
        "line/friend.html",
        wish_id=wish_id,
        account=login_flow.linked_account(world(), wish),
        offer=login_flow.friend_offer(world(), wish),
    )


@blueprint.post("/friend/<wish_id>")
def answer_friend(wish_id: str) -> ResponseReturnValue:
    """Add (or unblock), or go on without."""
    wish = _wish(wish_id, entered=True)
    if request.form.get("decision") == "add":
        wish = login_flow.add_friend(world(), wish_id, wish)
    return _finish(wish_id, wish)


def _finish(wish_id: str, wish: Value) -> AnyResponse:
    if wish["liff_id"]:
        return redirect(liff_links.opened(world(), wish_id, wish))
    values = login_flow.success(world(), wish_id, wish)
    return redirect(with_query(wish["redirect_uri"], values))


def _silently(wish: Wish) -> AnyResponse:
    """prompt=none: no page at all."""
    person = holder()
    if not person:
        error = CallbackError("LOGIN_REQUIRED", "nobody is logged in")
        return _send_back(wish.redirect_uri, wish.state, error)
    wish_id = login_flow.keep(world(), wish)
    kept = login_flow.change(world(), wish_id, person=person)
    if not login_flow.consented(world(), kept):
        error = CallbackError("INTERACTION_REQUIRED", "consent is needed")
        return _send_back(wish.redirect_uri, wish.state, error)
    return _finish(wish_id, kept)


def _lost_auto_login(wish: Wish) -> AnyResponse:
    """How a failed auto-login comes back: a code that is none, a state that matches nothing."""
    values = {"code": secrets.token_urlsafe(15), "state": secrets.token_urlsafe(12)}
    return redirect(with_query(wish.redirect_uri, values))


def _send_back(uri: str, state: str | None, error: CallbackError) -> AnyResponse:
    values = {"error": error.error, "error_description": error.description, "state": state}
    return redirect(with_query(uri, values))


def _wish(wish_id: str, *, entered: bool = False) -> Value:
    found = world().store.get("line_wish", wish_id)
    if found is None or (entered and not found["person"]):
        raise BadRequestPage("This page has expired. Start the login again.")
    return found


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
