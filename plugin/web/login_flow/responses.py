"""Responses of the friends' pages."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from flask import make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from plugin.core.linkage import masked_email
from plugin.guards import get_deps
from plugin.models.login_flow.email_proof import EmailProof
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.contact import Contact
from plugin.models.people.friend import FOLLOWING, Friend
from plugin.services.login_flow.liff import liff_link
from plugin.services.login_flow.session import (
    LoginRefused,
    attempt_of,
    count_visit,
    is_resumable,
)
from plugin.services.login_flow.welcome import WELCOME_OUTCOMES
from plugin.services.personal_links.tokens import text_of
from plugin.settings import REAL_BASES
from plugin.web.language import page_language
from plugin.web.login_flow.browser import browser, is_person, is_phone, visitor
from plugin.web.login_flow.outcomes import RESULT_PAGES

LINE_ME = "https://line.me"
# In place of a token that a message lacked, or that was the same for everybody.
LOST = "lost"
# LINE's brand, where an account has no name yet.
NAMELESS = "LINE"


def landing(
    code: QRCode, token: str, *, preview: str = "", missing: bool = False, cut: bool = False
) -> Response:
    """The page before LINE Login; its button submits the token's text.

    `missing`: a token is expected; then, and without one, the page's script looks behind the `#`.
    `cut`: what came is no whole one.
    """
    liff_url = "" if preview else liff_link(code, token, visitor())
    values = {
        "token": token,
        "preview": preview,
        "visitor": visitor(),
        "missing": missing,
        "cut": cut,
    }
    return render("login_flow/landing.html", code, liff_url=liff_url, phone=is_phone(), **values)


def confirmation(attempt: LoginAttempt, preview: str = "") -> Response:
    """The question whether to link friend and contact, both by name. `preview`: its token."""
    common = {
        "attempt": attempt,
        "email": masked_email(attempt.contact_email),
        "contact_name": _contact_name(attempt),
    }
    return render("login_flow/confirm.html", attempt.qr_code, preview=preview, **common)


def _contact_name(attempt: LoginAttempt) -> str:
    # As HubSpot has it; else as typed or found.
    if attempt.contact_id is None:
        return attempt.contact_name
    portal = attempt.qr_code.official_account.installation_id
    contact = Contact.of_portal(portal, attempt.contact_id)
    return (contact.name if contact else "") or attempt.contact_name


def needs_form(attempt: LoginAttempt) -> bool:
    """Return whether the friend must fill in the form: not recognised, and nothing typed yet."""
    settled = attempt.outcome or attempt.contact_id is not None or attempt.typed
    return attempt.qr_code.by_form and not settled


def form_page(attempt: LoginAttempt, fields: Mapping[str, str], wrong: str = "") -> Response:
    """The short form, filled in; `wrong`: the error of its address."""
    values = {"attempt": attempt, "fields": fields, "wrong": wrong}
    response = render("login_flow/form.html", attempt.qr_code, **values)
    response.status_code = 422 if wrong else 200
    return response


def code_page(attempt: LoginAttempt, proof: EmailProof, wrong: str = "") -> Response:
    """The form for the code sent by email; `wrong`: the error of the entered code."""
    values = {"attempt": attempt, "proof": proof, "wrong": wrong}
    response = render("login_flow/code.html", attempt.qr_code, **values)
    response.status_code = 422 if wrong else 200
    return response


def own_attempt(code: QRCode, reference: str) -> LoginAttempt:
    """Return this browser's login attempt at this code. Raises `LoginRefused`."""
    attempt = attempt_of(reference, browser())
    if attempt.qr_code_id != code.id:
        raise LoginRefused("login_unknown")
    return attempt


def redirect_to_attempt(attempt: LoginAttempt) -> Response:
    address = url_for("login_flow.attempt", slug=attempt.qr_code.slug, login=attempt.reference)
    return redirect(address, 303)


def result(attempt: LoginAttempt) -> Response:
    """The result of an attempt, not counted again when it is reopened."""
    through = attempt.outcome in WELCOME_OUTCOMES
    add_url = add_friend_url(attempt) if through else ""
    onward = attempt.qr_code.destination if through else ""
    response = outcome_page(
        attempt.outcome, attempt.qr_code, login=attempt.reference, add_url=add_url, onward=onward
    )
    if onward and not add_url:
        # Long enough to read that all went well.
        response.headers["Refresh"] = f"5; url={onward}"
    return response


def under_way(attempt: LoginAttempt) -> Response:
    # Another request is linking right now; the page reloads by itself.
    response = outcome_page("under_way", attempt.qr_code, login=attempt.reference)
    response.headers["Refresh"] = "2"
    return response


def refusal(outcome: str, code: QRCode | None, **values: object) -> Response:
    """The page of an outcome, counted. `token`, `login`, `visitor`, `resume`: what its button
    submits. `personal`: there is no button without a token or an attempt to resume."""
    if is_person():
        count_visit(code, outcome)
    return outcome_page(outcome, code, **values)


def outcome_page(outcome: str, code: QRCode | None, **values: object) -> Response:
    """The page of an outcome, not counted."""
    content = RESULT_PAGES[outcome]
    onward = {"chat_url": chat_url(code), **values}
    response = render("login_flow/result.html", code, outcome=outcome, result=content, **onward)
    response.status_code = content.status
    return response


def too_many_visits(seconds: int) -> Response:
    # Too many visits from one network; nothing is counted.
    response = outcome_page("too_many_visits", None)
    response.headers["Retry-After"] = str(seconds)
    return response


def login_refused(outcome: str, attempt: LoginAttempt | None, code: QRCode | None) -> Response:
    """The page of a refused login. Another browser may resume its personal link, unseen."""
    if attempt is None:
        return refusal("no_walk" if outcome == "login_restart" else outcome, code)
    if outcome == "other_browser":
        resume = attempt.reference if is_resumable(attempt) else ""
        return refusal(outcome, attempt.qr_code, personal=attempt.is_personal, resume=resume)
    text = LOST if attempt.token_missing else text_of(get_deps(), attempt.token_id)
    personal = {"token": text, "visitor": attempt.visitor, "personal": attempt.is_personal}
    return refusal(outcome, attempt.qr_code, **personal)


def add_friend_url(attempt: LoginAttempt) -> str:
    """Return where the friend adds or unblocks the account, or "" where that is done."""
    account = attempt.qr_code.official_account
    friend = Friend.of_account(account.id, attempt.line_user_id)
    since = friend.status_at if friend and friend.status == FOLLOWING else None
    added = since and attempt.returned_at and since > attempt.returned_at
    if attempt.is_friend or added or not account.basic_id:
        return ""
    return chat_url(attempt.qr_code)


def chat_url(code: QRCode | None) -> str:
    """Return where LINE opens the chat with the account, or offers to add it; "" if unknown."""
    basic_id = code.official_account.basic_id if code else ""
    base = get_deps().settings.line_access_base
    base = LINE_ME if base == REAL_BASES["LINE_ACCESS_BASE"] else base
    return f"{base}/R/ti/p/{quote(basic_id, safe='')}" if basic_id else ""


def protect(response: Response) -> Response:
    # Keep the visit private: no referrer, cache, frame, foreign script or search index.
    line = urlsplit(get_deps().settings.line_api_base)
    policy = (
        f"default-src 'self'; img-src 'self' https: {line.scheme}://{line.netloc};"
        # No form-action: browsers would hold LINE's own redirects against the form.
        " object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
    # The LIFF page has set a policy of its own, with LINE's script in it.
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def render(template: str, code: QRCode | None, **values: Any) -> Response:
    """Render a page under the name of the code's account."""
    account = code.official_account if code else None
    shop = (account.name if account else "") or NAMELESS
    common = {"code": code, "account": account, "shop": shop, "language": page_language()}
    return make_response(render_template(template, **common, **values))
