"""A friend taps a tracked link: remembered, and sent on where the message said."""

import re

from flask import redirect, request
from werkzeug.wrappers import Response

from plugin.doorway import open_to_strangers, outside
from plugin.services.track_links import follow_link
from plugin.web.blueprint import web
from plugin.web.friend_browser import is_only_looking
from plugin.web.friend_pages import ending

# Programs that open links to draw a preview or to look for harm; LINE's own calls itself both a
# line-poker and a facebookexternalhit. Whoever hides behind a browser's name is counted.
MACHINES = re.compile(r"bot\b|crawl|spider|preview|externalhit|line-poker|slurp", re.IGNORECASE)


@web.get("/r/<code>")
@open_to_strangers("a code that only Musubi can sign; leads nowhere but where it says")
def tapped(code: str) -> Response:
    """Lead on. A tap counts once a GET; prefetches, HEADs and known machines do not count."""
    target = follow_link(outside(), code, counts=_is_a_person())
    if target is None:
        # A friend stands here, who knows the shop and not Musubi.
        return ending("unknown_link", None)
    answer = redirect(target, 302)
    # The next tap must come here again, and the target need not learn the friend's own code.
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _is_a_person() -> bool:
    return not is_only_looking() and not MACHINES.search(request.user_agent.string)
