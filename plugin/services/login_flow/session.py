"""Stored login attempts: whether a code is open, the state check of a callback, and visits."""

from typing import NamedTuple

from sqlalchemy import case, select, update

from plugin.core.clock import utcnow
from plugin.core.security.tokens import fingerprint
from plugin.models.base import db
from plugin.models.connections.installation import Installation
from plugin.models.login_flow.linkage_token import LinkageToken
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.login_flow.visit_count import VisitCount
from plugin.models.people.contact import Contact
from plugin.models.people.linkage import Linkage
from plugin.models.sql import insert_or
from plugin.models.transaction import affected, transaction


class LoginRefused(Exception):
    """The attempt cannot continue. `outcome` names the friend's page and the visit counter."""

    def __init__(self, outcome: str, attempt: LoginAttempt | None = None) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.attempt = attempt


class PersonalLink(NamedTuple):
    """`missing`: the visitor should have a token and has none."""

    token: LinkageToken | None = None
    missing: bool = False


def resumable_link(code: QRCode, reference: str) -> PersonalLink | None:
    """Return what another browser's attempt carried, for a new attempt in this one, or None."""
    # LINE's app may return a login in another browser, and a page may be opened in another app.
    # Only the holder of LINE's response or of the page's address knows the reference, for half an
    # hour; the friend logs in anew, and is asked by name.
    attempt = LoginAttempt.by_reference(reference)
    if attempt is None or attempt.qr_code_id != code.id or not is_resumable(attempt):
        return None
    token = db.session.get(LinkageToken, attempt.token_id) if attempt.token_id else None
    return PersonalLink(token, attempt.token_missing)


def is_resumable(attempt: LoginAttempt) -> bool:
    return attempt.is_personal and attempt.expires_at > utcnow()


def closed_reason(code: QRCode | None) -> str:
    """Return the outcome that closes this code to all visitors, or "" where it is open."""
    if code is None:
        return "unknown_code"
    account = code.official_account
    if code.archived_at is not None or account.archived_at is not None:
        return "archived"
    installation = Installation.by_id(account.installation_id)
    if installation is None or not installation.is_alive:
        return "paused"
    return _closed_by_date(code) if account.can_login else "not_ready"


def _closed_by_date(code: QRCode) -> str:
    now = utcnow()
    if code.starts_at is not None and now < code.starts_at:
        return "too_early"
    return "over" if code.ends_at is not None and now >= code.ends_at else ""


def attempt_of(reference: str, browser: str) -> LoginAttempt:
    """Return a confirmation page's attempt. Raise `LoginRefused` for a foreign or expired one."""
    attempt = LoginAttempt.by_reference(reference) if reference else None
    if attempt is None or not attempt.line_user_id:
        raise LoginRefused("login_unknown")
    if attempt.browser != fingerprint(browser):
        raise LoginRefused("other_browser", attempt)
    if attempt.expires_at < utcnow() and attempt.confirmed_at is None:
        raise LoginRefused("login_expired", attempt)
    return attempt


def accept_callback(state: str, browser: str) -> LoginAttempt:
    """Return the attempt of a state, which is used up. A completed one is not repeated."""
    attempt = LoginAttempt.by_state(fingerprint(state)) if state else None
    if attempt is None:
        # LINE's failed auto-login comes with a wrong state; it cannot be told from a forgery.
        raise LoginRefused("login_restart", _last_attempt(browser))
    # Used up before the browser is compared, so that a stolen response is worth nothing, in
    # whichever browser it is tried.
    first = _use_up(attempt)
    if attempt.browser != fingerprint(browser):
        raise LoginRefused("other_browser", attempt)
    if attempt.line_user_id:
        return attempt
    if not first or attempt.expires_at < utcnow():
        raise LoginRefused("login_expired", attempt)
    return attempt


def _use_up(attempt: LoginAttempt) -> bool:
    fresh = update(LoginAttempt).where(
        LoginAttempt.id == attempt.id, LoginAttempt.returned_at.is_(None)
    )
    with transaction():
        return affected(fresh.values(returned_at=utcnow())) == 1


def _last_attempt(browser: str) -> LoginAttempt | None:
    # One with a personal link first: it is unknown which attempt the response belongs to, and the
    # link must not be lost.
    statement = select(LoginAttempt).where(LoginAttempt.browser == fingerprint(browser))
    statement = statement.where(
        LoginAttempt.expires_at > utcnow(), LoginAttempt.confirmed_at.is_(None)
    )
    personal = case(
        (LoginAttempt.token_id.is_not(None), 2), (LoginAttempt.token_missing, 1), else_=0
    )
    newest = statement.order_by(personal.desc(), LoginAttempt.id.desc())
    return db.session.scalar(newest.limit(1))


def earlier_link_attempt(token: LinkageToken | None, browser: str) -> LoginAttempt | None:
    """Return the attempt in which this browser used up the token, if its linkage still exists."""
    if token is None or not browser or not token.used_by:
        return None
    statement = select(LoginAttempt).where(
        LoginAttempt.browser == fingerprint(browser),
        LoginAttempt.token_id == token.id,
        LoginAttempt.line_user_id == token.used_by,
        LoginAttempt.outcome.in_(("linked", "already_linked")),
    )
    attempt = db.session.scalar(statement.order_by(LoginAttempt.id.desc()).limit(1))
    contact = Contact.of_portal(token.installation_id, token.contact.contact_id)
    linkage = Linkage.of_contact(token.qr_code.official_account_id, contact.id) if contact else None
    return attempt if linkage and linkage.friend.line_user_id == token.used_by else None


def count_visit(code: QRCode | None, outcome: str) -> None:
    with transaction():
        add_visit(code.id if code else 0, outcome)


def add_visit(qr_code_id: int, outcome: str) -> None:
    """Count `outcome` for today, inside the caller's transaction. 0: the code is unknown."""
    row = {"qr_code_id": qr_code_id, "day": utcnow().date(), "outcome": outcome, "count": 1}
    statement = insert_or(VisitCount).values(row)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["qr_code_id", "day", "outcome"], set_={"count": VisitCount.count + 1}
        )
    )
