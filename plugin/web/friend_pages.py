"""Writing the friends' pages."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from flask import make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from plugin.core.linkage import masked_email
from plugin.doorway import outside
from plugin.models.email_proof import EmailProof
from plugin.models.people import FOLLOWING, Friend
from plugin.models.qr_code import LoginAttempt, QRCode
from plugin.services.friend_liff import liff_link
from plugin.services.friend_walk import LoginRefused, attempt_of
from plugin.services.linkage_tokens import text_of
from plugin.services.visits import count_visit
from plugin.services.welcome import CAME_THROUGH
from plugin.settings import REAL_BASES
from plugin.web.friend_browser import browser, is_only_looking, is_phone, line_locale, visitor
from plugin.web.friend_outcomes import ENDINGS

ADD_FRIEND = "https://line.me"
# LINE's brand; where an account has no name yet.
NAMELESS = "LINE"


def landing(code: QRCode, token: str, preview: str = "") -> Response:
    """The page in front of LINE Login, with one button that brings the token's text along."""
    liff_url = "" if preview else liff_link(code, token, visitor())
    values = {"token": token, "preview": preview, "visitor": visitor()}
    return shown("friend/landing.html", code, liff_url=liff_url, phone=is_phone(), **values)


def confirmation(attempt: LoginAttempt, preview: str = "") -> Response:
    """Both sides by name, what would be tied, and the one question. `preview`: its token."""
    common = {"attempt": attempt, "email": masked_email(attempt.contact_email)}
    return shown("friend/confirm.html", attempt.qr_code, preview=preview, **common)


def must_be_asked(attempt: LoginAttempt) -> bool:
    """Whether the friend is to say who it is: nobody was recognised, and nothing typed yet."""
    settled = attempt.outcome or attempt.contact_id is not None or attempt.typed
    return attempt.qr_code.by_form and not settled


def question(attempt: LoginAttempt, given: Mapping[str, str], wrong: str = "") -> Response:
    """The short form, filled in; `wrong`: what is the matter with its address."""
    values = {"attempt": attempt, "given": given, "wrong": wrong}
    response = shown("friend/form.html", attempt.qr_code, **values)
    response.status_code = 422 if wrong else 200
    return response


def code_question(attempt: LoginAttempt, proof: EmailProof, wrong: str = "") -> Response:
    """Which code came by e-mail; `wrong`: why the one that was entered is not it."""
    values = {"attempt": attempt, "proof": proof, "wrong": wrong}
    response = shown("friend/code.html", attempt.qr_code, **values)
    response.status_code = 422 if wrong else 200
    return response


def own_attempt(code: QRCode, reference: str) -> LoginAttempt:
    """The walk of this browser through this code. Raises `LoginRefused`."""
    attempt = attempt_of(reference, browser())
    if attempt.qr_code_id != code.id:
        raise LoginRefused("login_unknown")
    return attempt


def to_page(attempt: LoginAttempt) -> Response:
    """Where the friend is asked, or sees how the walk ended."""
    address = url_for("friend.walk", slug=attempt.qr_code.slug, login=attempt.reference)
    return redirect(address, 303)


def result(attempt: LoginAttempt) -> Response:
    """How a walk ended; it is counted where it ended, not where it is looked at."""
    through = attempt.outcome in CAME_THROUGH
    add_url = add_friend_url(attempt) if through else ""
    onward = attempt.qr_code.destination if through else ""
    response = ending(
        attempt.outcome, attempt.qr_code, login=attempt.reference, add_url=add_url, onward=onward
    )
    if onward and not add_url:
        # Long enough to read that all went well.
        response.headers["Refresh"] = f"5; url={onward}"
    return response


def under_way(attempt: LoginAttempt) -> Response:
    """Another request is still tying; the page looks again by itself."""
    response = ending("under_way", attempt.qr_code, login=attempt.reference)
    response.headers["Refresh"] = "2"
    return response


def refusal(outcome: str, code: QRCode | None, **values: object) -> Response:
    """Why it does not go on; counted. `token`, `login`, `visitor`: what the button sends along."""
    if not is_only_looking():
        count_visit(code, outcome)
    return ending(outcome, code, **values)


def ending(outcome: str, code: QRCode | None, **values: object) -> Response:
    """The page of an outcome, uncounted."""
    chosen = ENDINGS[outcome]
    response = shown("friend/ending.html", code, outcome=outcome, ending=chosen, **values)
    response.status_code = chosen.status
    return response


def walk_refused(outcome: str, attempt: LoginAttempt | None, code: QRCode | None) -> Response:
    """The same for a login; only its own browser may begin again with its token."""
    if attempt is None:
        return refusal("no_walk" if outcome == "login_restart" else outcome, code)
    personal, own = attempt.token_id is not None, outcome != "other_browser"
    brought = {
        "token": text_of(outside(), attempt.token_id) if own else "",
        "visitor": attempt.visitor if own else "",
    }
    return refusal(outcome, attempt.qr_code, personal=personal, **brought)


def add_friend_url(attempt: LoginAttempt) -> str:
    """Where the friend adds or unblocks the account, or "" where that is done."""
    account = attempt.qr_code.official_account
    friend = Friend.of_account(account.id, attempt.line_user_id)
    since = friend.status_at if friend and friend.status == FOLLOWING else None
    added = since and attempt.returned_at and since > attempt.returned_at
    if attempt.is_friend or added or not account.basic_id:
        return ""
    base = outside().settings.line_access_base
    base = ADD_FRIEND if base == REAL_BASES["LINE_ACCESS_BASE"] else base
    return f"{base}/R/ti/p/{quote(account.basic_id, safe='')}"


def protect(response: Response) -> Response:
    """Nobody else learns of the visit, keeps the page, frames it or adds to it."""
    line = urlsplit(outside().settings.line_api_base)
    policy = (
        f"default-src 'self'; img-src 'self' https: {line.scheme}://{line.netloc};"
        # No form-action: browsers would hold LINE's own redirects against the form.
        " object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
    # LINE's own browser has a policy of its own, with LINE's script in it.
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def shown(template: str, code: QRCode | None, **values: Any) -> Response:
    """A page of the shop's, whose code it is."""
    account = code.official_account if code else None
    shop = (account.name if account else "") or NAMELESS
    common = {"code": code, "account": account, "shop": shop, "language": line_locale()}
    return make_response(render_template(template, **common, **values))
