"""The team's pages: only for signed-in people, and closed to scripts of other sites."""

from urllib.parse import urlsplit

from flask import Blueprint, abort, g, redirect, request, url_for
from werkzeug.wrappers import Response

from plugin.clean_request import clean_values
from plugin.guards import get_deps, is_of_connection, is_public
from plugin.models.connections.installation import DISCONNECTED
from plugin.web.audit import begin_audit, end_audit
from plugin.web.language import remember_language
from plugin.web.session import Person, find_person
from plugin.web.visit_limits import seconds_to_wait

LONGEST_NEXT = 2000
# The names of the blueprints whose pages only the team sees.
TEAM_BLUEPRINTS: set[str] = set()


def team_blueprint(name: str) -> Blueprint:
    blueprint = Blueprint(name, __name__)
    TEAM_BLUEPRINTS.add(name)
    blueprint.before_request(guard)
    blueprint.after_request(protect)
    blueprint.teardown_request(end_audit)
    return blueprint


def guard() -> Response | None:
    """Identify the person; without a session only the public routes are open."""
    clean_values()
    remember_language()
    g.person, g.left = find_person(), None
    if g.person is None and (wait := seconds_to_wait()):
        g.retry_after = wait
        abort(429)
    if g.person is not None and _is_closed(g.person):
        g.person, g.left = None, g.person.installation
    if g.person is not None:
        begin_audit(g.person)
        return None
    if is_public():
        return None
    if request.method not in ("GET", "HEAD"):
        abort(401)
    wanted = request.full_path.rstrip("?")
    # Browsers and proxies refuse long headers; no page of ours has such an address.
    return redirect(url_for("web.home", next=wanted if len(wanted) <= LONGEST_NEXT else None))


def _is_closed(person: Person) -> bool:
    # Whether HubSpot has ended the connection, so that it no longer vouches for the portal's users.
    # They may only look at the connection itself, and remove it with all stored data.
    return person.installation.state == DISCONNECTED and not is_of_connection()


def protect(response: Response) -> Response:
    # Pages show personal data: no cache, no frame, no foreign script.
    response.headers.setdefault("Content-Security-Policy", content_policy())
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response


def content_policy() -> str:
    # Allow our own files, and pictures from LINE, whatever host the settings name for it.
    line = urlsplit(get_deps().settings.line_api_base)
    return (
        f"default-src 'self'; img-src 'self' https: {line.scheme}://{line.netloc};"
        " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


web = team_blueprint("web")
