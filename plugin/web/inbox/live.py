"""The live channel of open inboxes: a light poll, answered from the process's memory.

A stream of server-sent events would hold one of the server's threads for each open inbox. A poll
every few seconds costs a cookie's signature and, once a second for each portal, one read of an
index, however many inboxes are open; it also works behind any proxy and with any number of web
processes, since the mark stands in the database.
"""

import threading
import time

from flask import Blueprint, Response, jsonify, request, session

from plugin.core.security.tokens import fingerprint
from plugin.guards import public_route
from plugin.models.connections.installation import DISCONNECTED
from plugin.web import chosen_account
from plugin.web.inbox import marks
from plugin.web.session import KEY, find_person

# Without the guard of the team's pages, which reads the session from the database at every call.
blueprint = Blueprint("inbox_live", __name__)
# For how long a session that was found is believed.
SESSION_SECONDS = 15.0
MOST_KEPT = 5000


_lock = threading.Lock()
_sessions: dict[str, tuple[int, float]] = {}


@blueprint.get("/inbox/live")
@public_route("the session's token, found at most 15 seconds ago; tells a count and no word")
def live() -> Response:
    """Answer 204 where nothing changed since the mark that the page has."""
    installation_id = _installation_id()
    if installation_id == 0:
        return Response(status=401)
    mark = marks.kept_mark(installation_id, lambda: chosen_account.watched_ids(installation_id))
    if request.args.get("since") == mark.mark:
        return Response(status=204, headers={"Cache-Control": "no-store"})
    return jsonify(mark=mark.mark, unread=mark.unread)


def forget_sessions() -> None:
    """Forget what this process remembers, for tests."""
    with _lock:
        _sessions.clear()
    marks.forget_marks()


def _installation_id() -> int:
    token = session.get(KEY)
    if not isinstance(token, str):
        return 0
    key, now = fingerprint(token), time.monotonic()
    with _lock:
        installation_id, until = _sessions.get(key, (0, 0.0))
    if now < until:
        return installation_id
    person = find_person()
    is_in = person is not None and person.installation.state != DISCONNECTED
    installation_id = person.installation.id if person is not None and is_in else 0
    with _lock:
        if len(_sessions) >= MOST_KEPT:
            _sessions.clear()
        _sessions[key] = (installation_id, now + SESSION_SECONDS)
    return installation_id
