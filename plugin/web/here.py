"""The address of the page that a person looks at, which a link can open again."""

from flask import current_app, request
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import MapAdapter, RequestRedirect

OPENS, POSTED, NOWHERE = "opens", "posted", "nowhere"


def here() -> str:
    """Return the page's path. A form's answer may be drawn where only a form can be sent to: then
    the nearest page above it."""
    adapter = current_app.create_url_adapter(request)
    path = request.path
    if adapter is None or _look(adapter, path) != POSTED:
        return path
    while path and _look(adapter, path) != OPENS:
        path = path.rpartition("/")[0]
    return path or "/"


def _look(adapter: MapAdapter, path: str) -> str:
    try:
        adapter.match(path, method="GET")
    except MethodNotAllowed:
        return POSTED
    except NotFound:
        return NOWHERE
    except RequestRedirect:
        return OPENS
    return OPENS
