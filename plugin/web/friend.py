"""The friends' pages: a code or a personal link, LINE Login, one question, one answer.

Looking ties nobody: the only request that ties is the confirming post, in the browser that began.
"""

import structlog
from flask import Blueprint, abort, redirect, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from plugin.doorway import is_open, open_to_strangers, outside
from plugin.gateways import GatewayError
from plugin.models.qr_code import LinkageToken, QRCode
from plugin.services.confirm_login import confirm_login, is_under_way
from plugin.services.friend_liff import liff_link
from plugin.services.friend_login import Return, begin_login, finish_login, outcome_of
from plugin.services.friend_walk import LoginRefused, linked_before, why_closed
from plugin.services.linkage_tokens import read_token
from plugin.services.visits import count_visit
from plugin.web import friend_pages as pages
from plugin.web import friend_preview as preview
from plugin.web.friend_browser import (
    browser,
    is_only_looking,
    is_phone,
    line_locale,
    new_browser,
    remember,
    visitor,
)
from plugin.web.friend_who import FORM_STEPS, take_step, who_page
from plugin.web.language import remember_language

log = structlog.get_logger()
friend = Blueprint("friend", __name__)
friend.after_request(pages.protect)


@friend.before_request
def guard() -> None:
    """Nothing is open here without its mark, nor to what no database could look for."""
    remember_language()
    if not is_open():
        abort(404)
    if "\0" in request.path or any("\0" in text for text in request.values.values()):
        abort(400)


@friend.get("/l/<slug>")
@open_to_strangers("a code's slug; a signed token; a login's reference in its own browser")
def walk(slug: str) -> Response:
    """A QR code's or a personal link's address, and where a login comes out."""
    code = QRCode.by_slug(slug)
    closed = why_closed(code)
    if code is None or closed:
        return pages.refusal(closed, code)
    if "login" in request.args:
        return _come_out(code, request.args["login"])
    if "t" in request.args and (code.by_token or preview.is_preview(code)):
        return _arrive(code, request.args["t"])
    if is_only_looking() or "t" in request.args:
        return pages.landing(code, "")
    return _to_liff(code, "") or _begin(code, None)


@friend.post("/l/<slug>")
@open_to_strangers("a form of ours; a signed token, or a login's reference in its own browser")
def step(slug: str) -> Response:
    """The friend pressed the one button: to LINE, or yes."""
    code = QRCode.by_slug(slug)
    closed = why_closed(code)
    if code is None or closed:
        return pages.refusal(closed, code)
    if preview.is_preview(code):
        return preview.go_on(code)
    wanted = request.form.get("step", "")
    if wanted in FORM_STEPS:
        return take_step(code, wanted)
    if wanted == "confirm":
        return _confirm(code, request.form.get("login", ""))
    return _begin_by_form(code, request.form.get("t", ""))


@friend.get("/line/login/callback")
@open_to_strangers("LINE's answer to a state of ours, in the browser that began")
def callback() -> Response:
    """LINE sends the friend back. Who only looks ahead must not use the answer up."""
    if is_only_looking():
        return Response(status=503)
    told = request.args
    back = Return(told.get("state", ""), told.get("code", ""), told.get("error", ""))
    try:
        attempt = finish_login(outside(), back, browser())
    except LoginRefused as refused:
        if refused.outcome == "without_email" and refused.attempt:
            came_with = refused.attempt.visitor
            return _begin(refused.attempt.qr_code, None, email=False, came_with=came_with)
        return pages.walk_refused(refused.outcome, refused.attempt, None)
    return pages.to_page(attempt)


@friend.errorhandler(CSRFError)
def form_expired(_: CSRFError) -> Response:
    """The form is too old, or not of ours: the way back to a fresh one."""
    code = QRCode.by_slug((request.view_args or {}).get("slug", ""))
    login, token = request.form.get("login", ""), request.form.get("t", "")
    return pages.refusal("form_expired", code, login=login, token=token)


@friend.errorhandler(HTTPException)
def broken(error: HTTPException) -> Response:
    """A mistake of ours, whose trace is in the log; or a request that no page of ours makes."""
    ours = error.code is None or error.code >= 500
    return pages.ending("broken" if ours else "no_walk", None)


def _arrive(code: QRCode, text: str) -> Response:
    """A personal link was opened, by its owner or by a mail scanner: judge it, do nothing."""
    read = read_token(outside(), text, code)
    if read.verdict == "preview":
        return preview.show(code, read, text)
    before = linked_before(read.token, browser()) if read.verdict == "used" else None
    if before is not None:
        return pages.ending("already_linked", code, add_url=pages.add_friend_url(before))
    if read.verdict != "valid":
        return pages.refusal(read.verdict, code, token=text)
    if not is_only_looking():
        count_visit(code, "opened")
    return pages.landing(code, text)


def _come_out(code: QRCode, reference: str) -> Response:
    try:
        attempt = pages.own_attempt(code, reference)
    except LoginRefused as refused:
        return pages.walk_refused(refused.outcome, refused.attempt, code)
    if attempt.outcome:
        return pages.result(attempt)
    if is_under_way(attempt):
        return pages.under_way(attempt)
    if "cancel" in request.args:
        return pages.walk_refused("cancelled", attempt, code)
    if pages.must_be_asked(attempt):
        return who_page(attempt)
    return pages.confirmation(attempt)


def _confirm(code: QRCode, reference: str) -> Response:
    try:
        attempt = pages.own_attempt(code, reference)
        if pages.must_be_asked(attempt):
            return who_page(attempt)
        confirm_login(outside(), attempt)
    except LoginRefused as refused:
        return pages.walk_refused(refused.outcome, refused.attempt, code)
    except GatewayError as error:
        log.warning("friend_confirm_failed", reason=error.reason, status=error.status)
        outcome = outcome_of(error).replace("login_", "link_")
        return pages.refusal(outcome, code, login=reference)
    return pages.to_page(attempt)


def _begin_by_form(code: QRCode, text: str) -> Response:
    """A used token may still be brought: who used it hears that all is well, others do not."""
    auto_login = request.form.get("auto_login") != "off"
    if not text or not code.by_token:
        return _begin(code, None, auto_login=auto_login)
    read = read_token(outside(), text, code)
    if read.verdict not in ("valid", "used"):
        return pages.refusal(read.verdict, code, token=text)
    return _begin(code, read.token, auto_login=auto_login)


def _begin(
    code: QRCode,
    token: LinkageToken | None,
    *,
    auto_login: bool = True,
    email: bool = True,
    came_with: str = "",
) -> Response:
    """To LINE. `came_with`: HubSpot's cookie of a walk that is begun again."""
    secret = browser() or new_browser()
    address = begin_login(
        outside(),
        code,
        token,
        secret,
        line_locale(),
        auto_login=auto_login,
        email=email,
        visitor=came_with or visitor(),
    )
    return remember(redirect(address, 303), secret)


def _to_liff(code: QRCode, text: str) -> Response | None:
    """On a phone LINE's own browser, where the account has a LIFF app; else None."""
    address = liff_link(code, text, visitor()) if is_phone() else ""
    return redirect(address, 303) if address else None
