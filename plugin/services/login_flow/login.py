"""Login with LINE: the redirect to LINE with a stored attempt, and the callback."""

import secrets
from typing import NamedTuple

import structlog

from plugin.core.clock import utcnow
from plugin.core.security.tokens import fingerprint
from plugin.gateways import GatewayError, Identity
from plugin.models.login_flow.linkage_token import LinkageToken
from plugin.models.login_flow.login_attempt import ATTEMPT_LIFE, LoginAttempt
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.channels import callback_url, login_channel
from plugin.services.linkage.line_tokens import FriendToken
from plugin.services.login_flow.identify import IdentifiedUser, identify_user
from plugin.services.login_flow.provider_proof import Friendship, check_provider, friendship
from plugin.services.login_flow.session import (
    LoginRefused,
    PersonalLink,
    accept_callback,
    add_visit,
    closed_reason,
)

log = structlog.get_logger()
# Prefix of a state that was sent without requesting the e-mail address.
NO_EMAIL_PREFIX = "plain."


class CallbackParams(NamedTuple):
    state: str
    code: str
    error: str


def begin_login(
    deps: Dependencies,
    code: QRCode,
    personal: PersonalLink,
    browser: str,
    locale: str,
    *,
    auto_login: bool = True,
    email: bool = True,
    visitor: str = "",
    counts: bool = False,
) -> str:
    """Store an attempt and return LINE's consent URL. `browser`: the secret of its cookie;
    `visitor`: HubSpot's cookie of a site; `email`: request the address where it may find a contact;
    `counts`: as a scan of the code."""
    email = email and _wants_email(code, personal.token)
    state = ("" if email else NO_EMAIL_PREFIX) + secrets.token_urlsafe(32)
    attempt = new_attempt(code, personal, browser, state)
    attempt.visitor = visitor
    with transaction() as session:
        session.add(attempt)
        if counts:
            add_visit(code.id, "scan")
    return deps.gateways.line_login.authorize_url(
        login_channel(code.official_account),
        redirect_uri=callback_url(deps),
        state=state,
        nonce=attempt.nonce,
        code_verifier=attempt.code_verifier,
        email=email,
        locale=locale,
        auto_login=auto_login,
    )


def finish_login(deps: Dependencies, params: CallbackParams, browser: str) -> LoginAttempt:
    """Identify the friend and the candidate contact; links nothing. Raise `LoginRefused`, with
    `without_email` for another try that does not request the e-mail address."""
    attempt = accept_callback(params.state, browser)
    if attempt.line_user_id:
        return attempt
    _check_callback(params, attempt)
    try:
        identity, token = _exchange_code(deps, attempt, params.code)
        standing = friendship(deps, token.text)
        require_same_provider(deps, attempt, identity, standing)
        # Sets the outcome as well, where there is nothing to confirm.
        identify_user(deps, attempt, IdentifiedUser(identity, standing == "friend", token))
    except GatewayError as error:
        log.warning("friend_login_failed", reason=error.reason, status=error.status)
        raise LoginRefused(outcome_of(error), attempt) from error
    return attempt


def outcome_of(error: GatewayError) -> str:
    if error.reason == "revoked":
        return "paused"
    return "login_failed" if error.permanent else "unreachable"


def new_attempt(code: QRCode, personal: PersonalLink, browser: str, state: str) -> LoginAttempt:
    return LoginAttempt(
        reference=secrets.token_urlsafe(18),
        state=fingerprint(state),
        browser=fingerprint(browser),
        qr_code=code,
        token_id=personal.token.id if personal.token else None,
        token_missing=personal.missing,
        nonce=secrets.token_urlsafe(24),
        code_verifier=secrets.token_urlsafe(48),
        expires_at=utcnow() + ATTEMPT_LIFE,
    )


def _wants_email(code: QRCode, token: LinkageToken | None) -> bool:
    finds_contact = code.linkage_type == "hubspot" and code.by_email and token is None
    return code.official_account.login_email and finds_contact


def _check_callback(params: CallbackParams, attempt: LoginAttempt) -> None:
    # LINE writes its error codes in upper case, but does not guarantee that.
    error = params.error.lower()
    if error == "invalid_scope" and not params.state.startswith(NO_EMAIL_PREFIX):
        # The channel may not request e-mail addresses. Anyone can forge this: only this attempt.
        raise LoginRefused("without_email", attempt)
    if error == "access_denied":
        raise LoginRefused("declined", attempt)
    if error or not params.code:
        raise LoginRefused("login_failed", attempt)
    reason = closed_reason(attempt.qr_code)
    if reason:
        raise LoginRefused(reason, attempt)


def _exchange_code(
    deps: Dependencies, attempt: LoginAttempt, code: str
) -> tuple[Identity, FriendToken]:
    login, channel = deps.gateways.line_login, login_channel(attempt.qr_code.official_account)
    tokens = login.exchange(channel, code, callback_url(deps), attempt.code_verifier)
    identity = login.verify_id_token(channel, tokens.id_token, attempt.nonce)
    return identity, FriendToken(tokens.access_token, refresh=tokens.refresh_token)


def require_same_provider(
    deps: Dependencies, attempt: LoginAttempt, identity: Identity, standing: Friendship
) -> None:
    """Raise `LoginRefused` where the ID is of another provider than the account's friends."""
    try:
        check_provider(deps, attempt.qr_code.official_account, identity.user_id, standing)
    except LoginRefused as refused:
        raise LoginRefused(refused.outcome, attempt) from refused
    except GatewayError as error:
        if not error.permanent:
            raise
        # An account whose credentials LINE refuses at the moment is left to its own check.
        log.warning("provider_unknown", reason=error.reason, status=error.status)
