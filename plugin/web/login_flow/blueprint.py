"""The blueprint of the friends' pages: every route is marked as public."""

from flask import Blueprint, abort, request

from plugin.guards import is_public
from plugin.web.language import remember_language
from plugin.web.login_flow.responses import protect

blueprint = Blueprint("login_flow", __name__)
blueprint.after_request(protect)


@blueprint.before_request
def guard() -> None:
    """Refuse a route without the mark, and text that no database could hold."""
    remember_language()
    if not is_public():
        abort(404)
    if "\0" in request.path or any("\0" in text for text in request.values.values()):
        abort(400)
