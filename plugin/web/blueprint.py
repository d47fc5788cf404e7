"""The admin's pages: closed to strangers, and closed to other people's scripts."""

from urllib.parse import urlsplit

from flask import Blueprint, abort, g, redirect, request, url_for
from werkzeug.wrappers import Response

from plugin.doorway import is_open, outside
from plugin.web.language import remember_language
from plugin.web.signed_in import find_person

web = Blueprint("web", __name__)


@web.before_request
def guard() -> Response | None:
    """Find out who asks; a stranger gets no further than the open routes."""
    remember_language()
    g.person = find_person()
    if g.person is not None or is_open():
        return None
    if request.method not in ("GET", "HEAD"):
        abort(401)
    return redirect(url_for("web.home", next=request.full_path.rstrip("?")))


@web.after_request
def protect(response: Response) -> Response:
    """Pages carry people's names: no cache keeps them, no frame shows them, no script joins."""
    response.headers.setdefault("Content-Security-Policy", content_policy())
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response


def content_policy() -> str:
    """Everything from here; pictures from LINE, wherever the settings say LINE is."""
    line = urlsplit(outside().settings.line_api_base)
    return (
        f"default-src 'self'; img-src 'self' https: {line.scheme}://{line.netloc};"
        " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
