"""When something goes wrong on a page: what happened, what to do, and a reference to quote."""

import secrets

import structlog
from flask import g, make_response, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from plugin.web.blueprint import protect, web
from plugin.web.frame import page

log = structlog.get_logger()
# Programs call these; they get a status and no page.
MACHINE_DOORS = (
    "/api/", "/hubspot/actions/", "/hubspot/webhooks", "/line/webhooks/", "/healthz", "/readyz",
    "/metrics",
)  # fmt: skip


@web.app_errorhandler(HTTPException)
def explain(error: HTTPException) -> Response:
    """A page in place of a bare status. Written down by its reference, without the address."""
    if request.path.startswith(MACHINE_DOORS):
        return error.get_response()
    status, reference = error.code or 500, secrets.token_hex(4)
    _write_down(error, status, reference)
    if status == 500:
        # Whatever broke may break again where the page asks who is looking.
        g.pop("person", None)
    title, advice = _words(error, status)
    body = page("error.html", title=title, advice=advice, reference=reference, status=status)
    return protect(make_response(body, status))


def _write_down(error: HTTPException, status: int, reference: str) -> None:
    cause = getattr(error, "original_exception", None) or error
    write = log.error if status >= 500 else log.info
    write("page_refused", status=status, reference=reference, kind=type(cause).__name__)


def _words(error: HTTPException, status: int) -> tuple[str, str]:
    if isinstance(error, CSRFError):
        return _("This page was open for too long"), _(
            "Nothing was changed. Go back, load the page again, and send it once more."
        )
    return {
        400: (
            _("We could not read that"),
            _("Nothing was changed. Go back, look over what you sent, and try again."),
        ),
        401: (
            _("You are signed out"),
            _("Nothing was changed. Sign in with HubSpot, then do it again."),
        ),
        403: (_("This is not yours to open"), _("Ask somebody of your team who may.")),
        404: (
            _("There is nothing here"),
            _("The address may be mistyped, or what was here has been removed."),
        ),
        405: (_("This address takes no such request"), _("Go to the Dashboard and start there.")),
    }.get(
        status,
        (
            _("Something broke on our side"),
            _("Your data is safe. Try again in a minute; if it stays, tell whoever runs Musubi."),
        ),
    )
