"""A friend's way through LINE Login: sent there with an intent, recognised on the way back."""

import secrets
from datetime import timedelta
from typing import NamedTuple

import structlog

from plugin.core.clock import utcnow
from plugin.core.tokens import fingerprint
from plugin.gateways import Channel, GatewayError, Identity
from plugin.models.base import transaction
from plugin.models.official_account import OfficialAccount
from plugin.models.qr_code import LinkageToken, LoginAttempt, QRCode
from plugin.services import Outside
from plugin.services.friend_walk import LoginRefused, take_return, why_closed
from plugin.services.recognise_friend import Known, recognise
from plugin.services.user_tokens import FriendToken
from plugin.services.visits import add_visit

log = structlog.get_logger()
ATTEMPT_LIFE = timedelta(minutes=30)
# A state that begins so was sent without asking for the e-mail address.
PLAIN = "plain."


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
    *,
    auto_login: bool = True,
    email: bool = True,
    visitor: str = "",
) -> str:
    """Keep the intent on our side; answers LINE's consent address.

    `browser` is the secret of its cookie, `visitor` HubSpot's cookie of a site. The e-mail address
    is asked for only where it is to find a contact. A try without LINE's automatic login, or
    without the e-mail address, follows on another that failed, and is not counted as a scan again.
    """
    again = not (auto_login and email)
    email = email and _wants_email(code, token)
    state = ("" if email else PLAIN) + secrets.token_urlsafe(32)
    attempt = new_attempt(code, token, browser, state)
    attempt.visitor = visitor
    with transaction() as session:
        session.add(attempt)
        if not again:
            add_visit(code.id, "scan")
    return outside.gateways.line_login.authorize_url(
        login_channel(code.official_account),
        redirect_uri=redirect_uri(outside),
        state=state,
        nonce=attempt.nonce,
        code_verifier=attempt.code_verifier,
        email=email,
        locale=locale,
        auto_login=auto_login,
    )


def finish_login(outside: Outside, back: Return, browser: str) -> LoginAttempt:
    """LINE sent the friend back: learn who it is and which contact this would tie. Ties nothing.

    Raises `LoginRefused`; the outcome `without_email` asks for another try that does not want the
    e-mail address. Where there is nothing to ask the friend, the attempt has its outcome already.
    """
    attempt = take_return(back.state, browser)
    if attempt.line_user_id:
        return attempt
    _check_answer(back, attempt)
    try:
        identity, token = _who(outside, attempt, back.code)
        is_friend = is_friend_of(outside, token.text)
        recognise(outside, attempt, Known(identity, is_friend, token))
    except GatewayError as error:
        log.warning("friend_login_failed", reason=error.reason, status=error.status)
        raise LoginRefused(outcome_of(error), attempt) from error
    return attempt


def outcome_of(error: GatewayError) -> str:
    """The friend's page for a platform's refusal or silence."""
    if error.reason == "revoked":
        return "paused"
    return "login_failed" if error.permanent else "unreachable"


def new_attempt(code: QRCode, token: LinkageToken | None, browser: str, state: str) -> LoginAttempt:
    """A walk that begins; not stored yet."""
    return LoginAttempt(
        reference=secrets.token_urlsafe(18),
        state=fingerprint(state),
        browser=fingerprint(browser),
        qr_code=code,
        token_id=token.id if token else None,
        nonce=secrets.token_urlsafe(24),
        code_verifier=secrets.token_urlsafe(48),
        expires_at=utcnow() + ATTEMPT_LIFE,
    )


def _wants_email(code: QRCode, token: LinkageToken | None) -> bool:
    wished = code.linkage_type == "hubspot" and code.by_email and token is None
    return code.official_account.login_email and wished


def _check_answer(back: Return, attempt: LoginAttempt) -> None:
    """LINE writes its error words in upper case, but nobody should rely on that."""
    word = back.error.lower()
    if word == "invalid_scope" and not back.state.startswith(PLAIN):
        # The channel may not ask for e-mail addresses. Only for this walk: anybody could say so.
        raise LoginRefused("without_email", attempt)
    if word == "access_denied":
        raise LoginRefused("declined", attempt)
    if word or not back.code:
        raise LoginRefused("login_failed", attempt)
    closed = why_closed(attempt.qr_code)
    if closed:
        raise LoginRefused(closed, attempt)


def _who(outside: Outside, attempt: LoginAttempt, code: str) -> tuple[Identity, FriendToken]:
    """Who LINE says is there, and the tokens that speak for this person."""
    login, channel = outside.gateways.line_login, login_channel(attempt.qr_code.official_account)
    tokens = login.exchange(channel, code, redirect_uri(outside), attempt.code_verifier)
    identity = login.verify_id_token(channel, tokens.id_token, attempt.nonce)
    return identity, FriendToken(tokens.access_token, refresh=tokens.refresh_token)


def is_friend_of(outside: Outside, user_token: str) -> bool:
    """A Login channel that is linked with no account cannot say; that stops nobody."""
    try:
        return outside.gateways.line_login.is_friend(user_token)
    except GatewayError as error:
        log.warning("friendship_unknown", reason=error.reason, status=error.status)
        return False
