"""Login with the LIFF app: LINE's in-app browser brings tokens instead of a code."""

import secrets
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlencode

import structlog

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.login_flow.qr_code import QRCode
from plugin.services import Dependencies
from plugin.services.connections.channels import login_channel
from plugin.services.connections.liff_app import liff_id
from plugin.services.linkage.line_tokens import FriendToken
from plugin.services.login_flow.identify import IdentifiedUser, identify_user
from plugin.services.login_flow.login import new_attempt, outcome_of, require_same_provider
from plugin.services.login_flow.provider_proof import friendship
from plugin.services.login_flow.session import LoginRefused, PersonalLink

log = structlog.get_logger()
# LIFF's access tokens live twelve hours; one hour is the margin.
TOKEN_LIFE = timedelta(hours=11)


class LiffTokens(NamedTuple):
    """The results of `liff.getIDToken()` and `liff.getAccessToken()`. Never a user id."""

    id_token: str
    access_token: str


def liff_link(code: QRCode, token: str = "", visitor: str = "") -> str:
    """Return the code's LIFF URL with a token's text as `t` and HubSpot's visitor cookie as `hutk`;
    "" without a LIFF app."""
    account = code.official_account
    if not account.can_login or not liff_id(account):
        return ""
    # A visitor with this link opened one of our pages before, where the visit was counted.
    parameters = (("t", token), ("hutk", visitor), ("seen", "1"))
    query = urlencode({name: text for name, text in parameters if text})
    return f"{account.liff_url.rstrip('/')}/{code.slug}?{query}"


def login_with_liff(
    deps: Dependencies,
    code: QRCode,
    personal: PersonalLink,
    browser: str,
    tokens: LiffTokens,
    visitor: str = "",
) -> LoginAttempt:
    """Do what `finish_login` does. Raise `LoginRefused`; then nothing is stored."""
    attempt = new_attempt(code, personal, browser, secrets.token_urlsafe(32))
    attempt.returned_at, attempt.visitor = utcnow(), visitor
    channel, login = login_channel(code.official_account), deps.gateways.line_login
    try:
        # LINE itself verifies the ID token.
        identity = login.verify_id_token(channel, tokens.id_token, None)
        own = _own_token(deps, code.official_account, identity.user_id, tokens.access_token)
        standing = friendship(deps, own) if own else ""
        require_same_provider(deps, attempt, identity, standing)
        user = IdentifiedUser(identity, standing == "friend", FriendToken(own, TOKEN_LIFE))
        identify_user(deps, attempt, user)
    except GatewayError as error:
        log.warning("friend_liff_failed", reason=error.reason, status=error.status)
        raise LoginRefused(outcome_of(error)) from error
    return attempt


def _own_token(deps: Dependencies, account: OfficialAccount, user_id: str, token: str) -> str:
    """Return the access token if it is this channel's and this person's, else ""."""
    if not token:
        return ""
    try:
        owner = deps.gateways.line_login.owner_of(login_channel(account), token)
    except GatewayError as error:
        log.warning("liff_token_unknown", reason=error.reason, status=error.status)
        return ""
    return token if owner == user_id else ""
