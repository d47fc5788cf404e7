"""The friends' pages: a code or a personal link, LINE Login, one question, one result.

Opening a page links nobody: only the confirming post does, in the browser that began.
"""

import structlog
from flask import redirect, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from plugin.gateways import GatewayError
from plugin.guards import get_deps, public_route
from plugin.models.login_flow.qr_code import QRCode
from plugin.services.login_flow.confirm import confirm_login, is_confirming
from plugin.services.login_flow.login import CallbackParams, begin_login, finish_login, outcome_of
from plugin.services.login_flow.session import (
    LoginRefused,
    PersonalLink,
    closed_reason,
    count_visit,
)
from plugin.web.language import page_language
from plugin.web.login_flow import preview
from plugin.web.login_flow import responses as pages
from plugin.web.login_flow.blueprint import blueprint
from plugin.web.login_flow.browser import (
    browser,
    is_person,
    is_prefetch,
    new_browser,
    remember,
    visitor,
)
from plugin.web.login_flow.identify import FORM_STEPS, handle_step, identify_page
from plugin.web.login_flow.links import (
    Refused,
    open_personal_link,
    redirect_damaged,
    submitted_link,
)
from plugin.web.login_flow.provider_proof import finish_admin_proof

log = structlog.get_logger()


@blueprint.get("/l/<path:slug>")
@public_route("a code's slug; a signed token; a login's reference in its own browser")
def attempt(slug: str) -> Response:
    """The address of a QR code, a personal link or a login attempt. It begins nothing."""
    code = QRCode.by_slug(slug)
    corrected = redirect_damaged(slug, code)
    if corrected is not None:
        return corrected
    closed = closed_reason(code)
    if code is None or closed:
        return pages.refusal(closed, code)
    if "login" in request.args:
        return _finish(code, request.args["login"])
    if "t" in request.args:
        return open_personal_link(code, request.args["t"])
    if is_person():
        count_visit(code, "scan")
    return pages.landing(code, "")


@blueprint.post("/l/<slug>")
@public_route("a form of ours; a signed token, or a login's reference in its own browser")
def step(slug: str) -> Response:
    """Handle the page's one button: continue to LINE, or confirm."""
    code = QRCode.by_slug(slug)
    closed = closed_reason(code)
    if code is None or closed:
        return pages.refusal(closed, code)
    if preview.is_preview(code):
        return preview.go_on(code)
    chosen = request.form.get("step", "")
    if chosen in FORM_STEPS:
        return handle_step(code, chosen)
    if chosen == "confirm":
        return _confirm(code, request.form.get("login", ""))
    return _begin_by_form(code)


@blueprint.get("/line/login/callback")
@public_route("LINE's answer to a state of ours, in the browser that began")
def callback() -> Response:
    # LINE redirects the friend back here. A prefetch must not use the one-use answer up.
    if is_prefetch():
        return Response(status=503)
    query = request.args
    back = CallbackParams(query.get("state", ""), query.get("code", ""), query.get("error", ""))
    administrator = finish_admin_proof(back)
    if administrator is not None:
        return administrator
    try:
        attempt = finish_login(get_deps(), back, browser())
    except LoginRefused as refused:
        if refused.outcome == "without_email" and refused.attempt:
            came_with = refused.attempt.visitor
            missing = PersonalLink(missing=refused.attempt.token_missing)
            return _begin(refused.attempt.qr_code, missing, email=False, came_with=came_with)
        return pages.login_refused(refused.outcome, refused.attempt, None)
    return pages.redirect_to_attempt(attempt)


@blueprint.errorhandler(CSRFError)
def form_expired(_: CSRFError) -> Response:
    """The CSRF token is too old or foreign: offer a fresh form."""
    code = QRCode.by_slug((request.view_args or {}).get("slug", ""))
    login = request.form.get("login", "") or request.form.get("resume", "")
    token = request.form.get("t", "")
    return pages.refusal("form_expired", code, login=login, token=token)


@blueprint.errorhandler(HTTPException)
def broken(error: HTTPException) -> Response:
    """An error of ours, whose trace is in the log; or a request that no page of ours makes."""
    ours = error.code is None or error.code >= 500
    return pages.outcome_page("broken" if ours else "no_walk", None)


def _finish(code: QRCode, reference: str) -> Response:
    try:
        attempt = pages.own_attempt(code, reference)
    except LoginRefused as refused:
        return pages.login_refused(refused.outcome, refused.attempt, code)
    if attempt.outcome:
        return pages.result(attempt)
    if is_confirming(attempt):
        return pages.under_way(attempt)
    if "cancel" in request.args:
        return pages.login_refused("cancelled", attempt, code)
    if pages.needs_form(attempt):
        return identify_page(attempt)
    return pages.confirmation(attempt)


def _confirm(code: QRCode, reference: str) -> Response:
    try:
        attempt = pages.own_attempt(code, reference)
        if pages.needs_form(attempt):
            return identify_page(attempt)
        confirm_login(get_deps(), attempt)
    except LoginRefused as refused:
        return pages.login_refused(refused.outcome, refused.attempt, code)
    except GatewayError as error:
        log.warning("friend_confirm_failed", reason=error.reason, status=error.status)
        if error.reason == "lost":
            # Confirming again has no effect until HubSpot shows the new contact: the page says so,
            # and reloads by itself.
            return pages.under_way(attempt)
        outcome = outcome_of(error).replace("login_", "link_")
        return pages.refusal(outcome, code, login=reference)
    return pages.redirect_to_attempt(attempt)


def _begin_by_form(code: QRCode) -> Response:
    auto_login = request.form.get("auto_login") != "off"
    try:
        personal = submitted_link(code)
    except Refused as refused:
        return refused.page
    # A scan was counted where it came in; a personal link counts once its button is pressed.
    again = "resume" in request.form or not auto_login
    counts = not again and (personal.token is not None or personal.missing)
    return _begin(code, personal, auto_login=auto_login, counts=counts)


def _begin(
    code: QRCode,
    personal: PersonalLink,
    *,
    auto_login: bool = True,
    email: bool = True,
    came_with: str = "",
    counts: bool = False,
) -> Response:
    """Redirect to LINE. `came_with`: HubSpot's cookie of a login that begins again."""
    secret = browser() or new_browser()
    address = begin_login(
        get_deps(),
        code,
        personal,
        secret,
        page_language(),
        auto_login=auto_login,
        email=email,
        visitor=came_with or visitor(),
        counts=counts,
    )
    return remember(redirect(address, 303), secret)
