"""Tracked links: a tap is recorded, and redirected to the message's address."""

from flask import redirect
from werkzeug.wrappers import Response

from plugin.guards import get_deps, public_route
from plugin.services.sending.tracked_links import follow_link
from plugin.web.login_flow.blueprint import blueprint
from plugin.web.login_flow.browser import is_person
from plugin.web.login_flow.responses import outcome_page


@blueprint.get("/r/<code>")
@public_route("a code that only Musubi can sign; leads nowhere but where it says")
def tapped(code: str) -> Response:
    """Redirect. Each GET counts as a tap; prefetches, HEADs and known programs do not count."""
    target = follow_link(get_deps(), code, counts=is_person())
    if target is None:
        # Friends open this, and they know the shop but not Musubi.
        return outcome_page("unknown_link", None)
    response = redirect(target, 302)
    # The next tap must come here again, and the target must not learn the friend's own code.
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
