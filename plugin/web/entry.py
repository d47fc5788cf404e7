"""Coming in through HubSpot, which installs and signs in with one walk; and going out."""

import secrets
from urllib.parse import urlsplit

from flask import flash, redirect, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.doorway import open_to_strangers, outside
from plugin.gateways import GatewayError
from plugin.services.install import SignedIn, StateRefused, begin_install, finish_install
from plugin.web.blueprint import web
from plugin.web.frame import page
from plugin.web.signed_in import sign_in, sign_out

BROWSER_COOKIE = "musubi_browser"
Page = tuple[str, int]


@web.get("/hubspot/install")
@open_to_strangers("begins a walk that HubSpot's consent and a one-use state must finish")
def install() -> Response | Page:
    """Off to HubSpot's consent page."""
    if "again" in request.args and "restarted" not in session:
        # The restart left a mark in the session; it did not come back, so a loop would follow.
        return _stopped("cookies", 400)
    browser = request.cookies.get(BROWSER_COOKIE) or secrets.token_urlsafe(32)
    address = begin_install(outside(), browser, local_path(request.args.get("next", "")))
    response = redirect(address)
    response.set_cookie(
        BROWSER_COOKIE,
        browser,
        max_age=3600,
        httponly=True,
        samesite="Lax",
        secure=outside().settings.secure,
    )
    return response


@web.get("/hubspot/callback")
@open_to_strangers("one-use state, bound to the browser that began")
def callback() -> Response | Page:
    """Back from HubSpot: with a code, or with a no."""
    if request.args.get("error"):
        return _stopped("declined" if request.args["error"] == "access_denied" else "refused", 400)
    given = {name: request.args.get(name, "") for name in ("state", "code")}
    try:
        done = finish_install(outside(), **given, browser=request.cookies.get(BROWSER_COOKIE, ""))
    except StateRefused:
        return _restart()
    except GatewayError as error:
        return _failed(error)
    return _welcome(done)


@web.post("/sign-out")
@open_to_strangers("ends nothing but one's own session")
def leave() -> Response:
    """Sign out of Musubi; HubSpot and the installation stay as they are."""
    sign_out()
    flash(_("You are signed out."))
    return redirect(url_for("web.home"))


def local_path(wish: str) -> str:
    """`wish` where it is a path of ours, else `/`: nobody is sent elsewhere after signing in."""
    plain = wish.isprintable() and "\\" not in wish and len(wish) <= 500
    if not plain or not wish.startswith("/") or wish.startswith("//"):
        return "/"
    parts = urlsplit(wish)
    return "/" if parts.scheme or parts.netloc else wish


def _welcome(done: SignedIn) -> Response:
    sign_in(done.installation, done.member)
    return redirect(local_path(done.next_path))


def _restart() -> Response | Page:
    """HubSpot's marketplace begins without our state, so begin again: once, then a person must."""
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
