"""A friend's walk as it is kept on our side: open or closed, taken back from LINE, looked at."""

from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.core.tokens import fingerprint
from plugin.models.base import affected, db, transaction
from plugin.models.installation import Installation
from plugin.models.people import Contact, Linkage
from plugin.models.qr_code import LinkageToken, LoginAttempt, QRCode


class LoginRefused(Exception):
    """The walk cannot go on. `outcome` names the friend's page and what is counted."""

    def __init__(self, outcome: str, attempt: LoginAttempt | None = None) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.attempt = attempt


def why_closed(code: QRCode | None) -> str:
    """Why nobody can walk through this code now: the outcome's name, or "" where it is open."""
    if code is None:
        return "unknown_code"
    account = code.official_account
    if code.archived_at is not None or account.archived_at is not None:
        return "archived"
    installation = Installation.by_id(account.installation_id)
    if installation is None or not installation.is_alive:
        return "paused"
    return _out_of_season(code) if account.can_login else "not_ready"


def _out_of_season(code: QRCode) -> str:
    now = utcnow()
    if code.starts_at is not None and now < code.starts_at:
        return "too_early"
    return "over" if code.ends_at is not None and now >= code.ends_at else ""


def attempt_of(reference: str, browser: str) -> LoginAttempt:
    """The attempt of a confirmation page. Raises `LoginRefused` for a stranger's or an old one."""
    attempt = LoginAttempt.by_reference(reference) if reference else None
    if attempt is None or not attempt.line_user_id:
        raise LoginRefused("login_unknown")
    if attempt.browser != fingerprint(browser):
        raise LoginRefused("other_browser", attempt)
    if attempt.expires_at < utcnow() and attempt.confirmed_at is None:
        raise LoginRefused("login_expired", attempt)
    return attempt


def take_return(state: str, browser: str) -> LoginAttempt:
    """The attempt LINE answers, used up by this. One that came back before is shown, not redone.

    The state goes first and the browser is compared after, so that a stolen answer is worth
    nothing, in whichever browser it is tried.
    """
    attempt = LoginAttempt.by_state(fingerprint(state)) if state else None
    if attempt is None:
        # LINE's failed auto-login comes with a wrong state; it cannot be told from a forgery.
        raise LoginRefused("login_restart", _begun_in(browser))
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


def _begun_in(browser: str) -> LoginAttempt | None:
    """The walk this browser began last: where LINE's answer was not ours, it is begun again."""
    mine = select(LoginAttempt).where(LoginAttempt.browser == fingerprint(browser))
    mine = mine.where(LoginAttempt.expires_at > utcnow(), LoginAttempt.confirmed_at.is_(None))
    return db.session.scalar(mine.order_by(LoginAttempt.id.desc()).limit(1))


def linked_before(token: LinkageToken | None, browser: str) -> LoginAttempt | None:
    """The walk in which this browser used the token up, while the tie it made still stands."""
    if token is None or not browser or not token.used_by:
        return None
    mine = select(LoginAttempt).where(
        LoginAttempt.browser == fingerprint(browser),
        LoginAttempt.token_id == token.id,
        LoginAttempt.line_user_id == token.used_by,
        LoginAttempt.outcome.in_(("linked", "already_linked")),
    )
    attempt = db.session.scalar(mine.order_by(LoginAttempt.id.desc()).limit(1))
    contact = Contact.of_portal(token.installation_id, token.contact.contact_id)
    tie = Linkage.of_contact(token.qr_code.official_account_id, contact.id) if contact else None
    return attempt if tie and tie.friend.line_user_id == token.used_by else None
