"""Forms whose answer shows a secret: sent again by a reload, they change nothing."""

import secrets

from flask import request, session
from markupsafe import Markup

from plugin.web.blueprint import web

FIELD, KEY = "once", "sent_forms"
# Of one browser; an older form that is sent again counts as new.
REMEMBERED = 20


@web.app_template_global("once_field")
def once_field() -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(
        FIELD, secrets.token_urlsafe(12)
    )


def was_sent() -> bool:
    """Return whether this browser sent this very form before; from now on it did."""
    token, sent = request.form.get(FIELD, "")[:40], session.get(KEY, [])
    if token and token in sent:
        return True
    session[KEY] = [*sent, token][-REMEMBERED:]
    return False
