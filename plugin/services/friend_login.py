"""A friend's walk: LINE Login, a page that names both sides, a confirmation, a tie."""

import secrets
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.core.linkage import best_name
from plugin.core.tokens import fingerprint
from plugin.gateways import Channel, ContactRecord, Identity
from plugin.models.base import db, transaction
from plugin.models.installation import Installation
from plugin.models.official_account import OfficialAccount
from plugin.models.people import FOLLOWING, Contact
from plugin.models.qr_code import LinkageToken, LoginAttempt, QRCode
from plugin.services import Outside
from plugin.services.find_contact import by_email, by_id
from plugin.services.link_friend import contact_row, friend_row
from plugin.services.visits import add_visit

ATTEMPT_LIFE = timedelta(minutes=30)


class LoginRefused(Exception):
    """The walk cannot go on. `outcome` names the friend's page and what is counted."""

    def __init__(self, outcome: str, attempt: LoginAttempt | None = None) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.attempt = attempt


class Return(NamedTuple):
    """What LINE's redirect brought: a code, or an error word, and the state."""

    state: str
    code: str
    error: str


def redirect_uri(outside: Outside) -> str:
    """The callback address to be registered at the LINE Login channel."""
    return f"{outside.settings.base_url}/line/login/callback"


def login_channel(account: OfficialAccount) -> Channel:
    """The account's LINE Login channel."""
    return Channel(account.login_channel_id, account.login_channel_secret)


def begin_login(
    outside: Outside,
    code: QRCode,
    token: LinkageToken | None,
    browser: str,
    locale: str,
    auto_login: bool = True,
) -> str:
    """Keep the intent on our side; answers LINE's consent address."""
    state, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    verifier = secrets.token_urlsafe(48)
    with transaction() as session:
        session.add(
            LoginAttempt(
                reference=secrets.token_urlsafe(18),
                state=fingerprint(state),
                browser=fingerprint(browser),
                qr_code_id=code.id,
                token_id=token.id if token else None,
                nonce=nonce,
                code_verifier=verifier,
                expires_at=utcnow() + ATTEMPT_LIFE,
            )
        )
        add_visit(code.id, "scan")
    return outside.gateways.line_login.authorize_url(
        login_channel(code.official_account),
        redirect_uri=redirect_uri(outside),
        state=state,
        nonce=nonce,
        code_verifier=verifier,
        email=code.official_account.login_email,
        locale=locale,
        auto_login=auto_login,
    )


def finish_login(outside: Outside, back: Return, browser: str) -> LoginAttempt:
    """LINE sent the friend back: learn who it is and which contact this would tie.

    Links nothing. Raises `LoginRefused`, or `GatewayError` where LINE or HubSpot failed.
    """
    attempt = _take_attempt(back, browser)
    account = attempt.qr_code.official_account
    login = outside.gateways.line_login
    tokens = login.exchange(
        login_channel(account), back.code, redirect_uri(outside), attempt.code_verifier
    )
    identity = login.verify_id_token(login_channel(account), tokens.id_token, attempt.nonce)
    is_friend = login.is_friend(tokens.access_token)
    contact = _candidate(outside, attempt, identity)
    with transaction():
        _note_identity(attempt, identity, contact)
        attempt.is_friend, attempt.user_token = is_friend, tokens.access_token
        _note_friend(account, attempt)
        add_visit(attempt.qr_code_id, "login")
    return attempt


def attempt_of(reference: str, browser: str) -> LoginAttempt:
    """The attempt of a confirmation page. Raises `LoginRefused` for a stranger's or an old one."""
    attempt = LoginAttempt.by_reference(reference)
    if attempt is None or attempt.returned_at is None:
        raise LoginRefused("login_unknown")
    if attempt.browser != fingerprint(browser):
        raise LoginRefused("other_browser", attempt)
    if attempt.expires_at < utcnow() and not attempt.confirmed_at:
        raise LoginRefused("login_expired", attempt)
    return attempt


def begun_in(browser: str) -> LoginAttempt | None:
    """The newest walk this browser began: where LINE's answer was not ours, begin it again."""
    mine = select(LoginAttempt).where(LoginAttempt.browser == fingerprint(browser))
    return db.session.scalar(mine.order_by(LoginAttempt.id.desc()).limit(1))


def _take_attempt(back: Return, browser: str) -> LoginAttempt:
    attempt = LoginAttempt.by_state(fingerprint(back.state)) if back.state else None
    if attempt is None:
        # LINE's failed auto-login comes with a wrong state; it cannot be told from a forgery.
        raise LoginRefused("login_restart", begun_in(browser))
    fresh = update(LoginAttempt).where(
        LoginAttempt.id == attempt.id, LoginAttempt.returned_at.is_(None)
    )
    with transaction() as session:
        result = session.execute(fresh.values(returned_at=utcnow()))
        first = bool(result.rowcount == 1)  # type: ignore[attr-defined]
    if attempt.browser != fingerprint(browser):
        raise LoginRefused("other_browser", attempt)
    if not first or attempt.expires_at < utcnow():
        raise LoginRefused("login_restart", attempt)
    _check_error(back.error, attempt)
    if not back.code:
        raise LoginRefused("login_restart", attempt)
    return attempt


def _check_error(error: str, attempt: LoginAttempt) -> None:
    """LINE writes its error words in upper case, but nobody should rely on that."""
    if not error:
        return
    word = error.lower()
    if word == "invalid_scope" and attempt.qr_code.official_account.login_email:
        # The Login channel lacks the e-mail permission: go on without asking for it.
        with transaction():
            attempt.qr_code.official_account.login_email = False
        raise LoginRefused("login_restart", attempt)
    raise LoginRefused("declined" if word == "access_denied" else "login_failed", attempt)


def _candidate(outside: Outside, attempt: LoginAttempt, identity: Identity) -> ContactRecord | None:
    """A valid token's contact; else the one whose e-mail LINE vouches for; else none."""
    if attempt.qr_code.linkage_type != "hubspot":
        return None
    account = attempt.qr_code.official_account
    installation = Installation.by_id(account.installation_id)
    if installation is None or not installation.is_alive:
        raise LoginRefused("paused", attempt)
    if attempt.token_id is not None:
        record = by_id(outside, installation.id, _contact_of_token(attempt))
        if record is None:
            raise LoginRefused("contact_gone", attempt)
        return record
    if identity.email:
        return by_email(outside, installation.id, identity.email)
    return None


def _contact_of_token(attempt: LoginAttempt) -> int:
    token = db.session.get_one(LinkageToken, attempt.token_id)
    return db.session.get_one(Contact, token.contact_row_id).contact_id


def _note_identity(
    attempt: LoginAttempt, identity: Identity, contact: ContactRecord | None
) -> None:
    attempt.line_user_id = identity.user_id
    attempt.display_name, attempt.picture_url = identity.name, identity.picture_url
    attempt.contact_email = identity.email
    if contact is not None:
        properties = dict(contact.properties)
        installation_id = attempt.qr_code.official_account.installation_id
        contact_row(installation_id, contact.contact_id).take(properties, utcnow())
        attempt.contact_id = contact.contact_id
        attempt.contact_name = best_name(properties)
        attempt.contact_email = properties.get("email") or ""


def _note_friend(account: OfficialAccount, attempt: LoginAttempt) -> None:
    now = utcnow()
    friend = friend_row(account, attempt.line_user_id, now)
    friend.display_name = attempt.display_name or friend.display_name
    friend.picture_url = attempt.picture_url or friend.picture_url
    if attempt.is_friend:
        friend.note_status(FOLLOWING, now)
