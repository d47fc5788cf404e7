"""Error pages: what happened, what to do, and a reference to quote."""

import secrets

import structlog
from flask import g, make_response, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from plugin.web.blueprint import protect, web
from plugin.web.bodies import LARGEST_FORM
from plugin.web.layout import bytes_in_words, page
from plugin.web.login_flow.responses import outcome_page, too_many_visits
from plugin.web.login_flow.responses import protect as friend_protect
from plugin.web.session import find_person

log = structlog.get_logger()
# Programs call these; they get a status without a page.
MACHINE_PATHS = (
    "/api/", "/hubspot/actions/", "/hubspot/webhooks", "/line/webhooks/", "/healthz", "/readyz",
    "/metrics", "/mcp",
)  # fmt: skip
# Longer parts of a path may be keys.
LONGEST_PART = 20
# Friends open these, from a message or a QR code.
FRIEND_PATHS = ("/l/", "/liff/", "/r/", "/line/login/")


@web.app_errorhandler(HTTPException)
def explain(error: HTTPException) -> Response:
    """Show a page in place of a bare status; the log has its reference."""
    if request.path.startswith(MACHINE_PATHS):
        return error.get_response()
    if request.path.startswith(FRIEND_PATHS):
        return _to_friend(error)
    status, reference = error.code or 500, secrets.token_hex(4)
    _log_refusal(error, status, reference)
    if status >= 500:
        # What failed may fail again when the page looks up the person.
        g.pop("person", None)
    elif "person" not in g:
        # No route matched, so no guard has looked yet.
        g.person = find_person()
    title, advice = _advice(error, status)
    typed = _typed() if status == 401 else []
    body = page(
        "error.html", title=title, advice=advice, reference=reference, status=status, typed=typed
    )
    response = protect(make_response(body, status))
    if "retry_after" in g:
        response.headers["Retry-After"] = str(g.retry_after)
    return response


def _typed() -> list[str]:
    # Its token was good, so a page of ours sent it. Secrets stand in fields of other names.
    return [
        words for name, words in request.form.items(multi=True)
        if (name == "note" or name.endswith("text")) and words.strip()
    ]  # fmt: skip


def _to_friend(error: HTTPException) -> Response:
    # Friends know the shop and not Musubi, so they get a page of their own kind.
    _log_refusal(error, error.code or 500, "")
    if error.code == 429:
        return friend_protect(too_many_visits(g.retry_after))
    outcomes = {404: "unknown_link", 405: "no_walk"}
    outcome = "broken" if (error.code or 500) >= 500 else outcomes.get(error.code or 0, "no_walk")
    return friend_protect(outcome_page(outcome, None))


def _log_refusal(error: HTTPException, status: int, reference: str) -> None:
    cause = getattr(error, "original_exception", None) or error
    write = log.error if status >= 500 else log.info
    kind, path = type(cause).__name__, _place()
    write("page_refused", status=status, reference=reference, kind=kind, path=path)


def _place() -> str:
    """Return the path as a log may have it: no query, and nothing that may be secret or name a
    person."""
    if request.url_rule is not None:
        return request.url_rule.rule
    if request.path.startswith(FRIEND_PATHS):
        return next(start for start in FRIEND_PATHS if request.path.startswith(start))
    parts = request.path.split("/")
    return "/".join("…" if len(part) > LONGEST_PART or "@" in part else part for part in parts)


def _advice(error: HTTPException, status: int) -> tuple[str, str]:
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
        413: (
            _("What you sent is too large"),
            _(
                "Nothing was changed. A form takes %(most)s at most, files included: choose a"
                " smaller file, or shorten the text.",
                most=bytes_in_words(LARGEST_FORM),
            ),
        ),
        429: (
            _("Very many people are coming through your network"),
            _("Nothing was changed. Please wait a minute, then load this page again."),
        ),
        503: (
            _("Musubi cannot do this at the moment"),
            _("Nothing was changed. Wait a minute, go back, and send it once more."),
        ),
        405: (_("This address takes no such request"), _("Go to the Dashboard and start there.")),
    }.get(
        status,
        (
            _("Something broke on our side"),
            _("Your data is safe. Try again in a minute; if it stays, tell whoever runs Musubi."),
        ),
    )
