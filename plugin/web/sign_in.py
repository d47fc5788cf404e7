"""Sign-in through HubSpot's OAuth, which installs as well; and sign-out."""

import secrets

from flask import flash, redirect, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.text.uris import local_path
from plugin.gateways import GatewayError
from plugin.guards import get_deps, of_connection, public_route
from plugin.headers import cookie_name
from plugin.services.connections.install import (
    SignedIn,
    StateRefused,
    begin_install,
    finish_install,
)
from plugin.web.blueprint import web
from plugin.web.layout import page
from plugin.web.session import sign_in, sign_out, sign_out_everywhere

BROWSER_COOKIE = "musubi_browser"
Page = tuple[str, int]


@web.get("/hubspot/install")
@public_route("begins a login that HubSpot's consent and a one-use state must finish")
def install() -> Response | Page:
    """Redirect to HubSpot's consent page."""
    if "again" in request.args and "restarted" not in session:
        # The restart marked the session; without the mark cookies are off, and a loop would follow.
        return _stopped("cookies", 400)
    # Always a new secret: an attacker may have set the one that the browser sends.
    browser = secrets.token_urlsafe(32)
    address = begin_install(get_deps(), browser, local_path(request.args.get("next", "")))
    response = redirect(address)
    response.set_cookie(
        cookie_name(BROWSER_COOKIE),
        browser,
        max_age=3600,
        httponly=True,
        samesite="Lax",
        secure=get_deps().settings.secure,
    )
    return response


@web.get("/hubspot/callback")
@public_route("one-use state, bound to the browser that began")
def callback() -> Response | Page:
    """HubSpot redirects back here, with a code or an error."""
    if request.args.get("error"):
        return _stopped("declined" if request.args["error"] == "access_denied" else "refused", 400)
    values = {name: request.args.get(name, "") for name in ("state", "code")}
    try:
        signed_in = finish_install(
            get_deps(), **values, browser=request.cookies.get(cookie_name(BROWSER_COOKIE), "")
        )
    except StateRefused:
        return _restart()
    except GatewayError as error:
        return _failed(error)
    return _welcome(signed_in)


@web.post("/sign-out")
@public_route("ends nothing but one's own session")
def leave() -> Response:
    """Sign out of Musubi; HubSpot and the installation stay as they are."""
    sign_out()
    flash(_("You are signed out."))
    return redirect(url_for("web.home"))


@web.post("/sign-out/everywhere")
@of_connection
def leave_everywhere() -> Response:
    sign_out_everywhere()
    flash(_("You are signed out everywhere."))
    return redirect(url_for("web.home"))


def _welcome(signed_in: SignedIn) -> Response:
    sign_in(signed_in.installation, signed_in.member)
    return redirect(local_path(signed_in.next_path))


def _restart() -> Response | Page:
    # HubSpot's marketplace begins without our state, so begin again; the second time, stop.
    if session.pop("restarted", False):
        return _stopped("state", 400)
    session["restarted"] = True
    return redirect(url_for("web.install", again=1))


def _failed(error: GatewayError) -> Page:
    if error.reason == "configuration":
        return _stopped("configuration", 502)
    if error.reason == "invalid":
        return _stopped("code", 400)
    return _stopped("unavailable", 502 if error.permanent else 503)


def _stopped(why: str, status: int) -> Page:
    session.pop("restarted", None)
    return page("stopped.html", why=why), status
