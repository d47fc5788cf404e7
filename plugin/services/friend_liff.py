"""A friend's way through the LIFF app: LINE's own browser brings tokens instead of a code."""

import secrets
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import structlog

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models.official_account import OfficialAccount
from plugin.models.qr_code import LinkageToken, LoginAttempt, QRCode
from plugin.services import Outside
from plugin.services.friend_login import is_friend_of, login_channel, new_attempt, outcome_of
from plugin.services.friend_walk import LoginRefused
from plugin.services.recognise_friend import Known, recognise
from plugin.services.user_tokens import FriendToken

log = structlog.get_logger()
# LIFF's access tokens live twelve hours, an hour is kept as a margin.
TOKEN_LIFE = timedelta(hours=11)


class LiffTokens(NamedTuple):
    """What `liff.getIDToken()` and `liff.getAccessToken()` gave. Never a user id."""

    id_token: str
    access_token: str


def endpoint_url(outside: Outside) -> str:
    """The endpoint every LIFF app of this Musubi is registered with."""
    return f"{outside.settings.base_url}/liff/"


def liff_id(account: OfficialAccount) -> str:
    """What `liff.init` wants, opaque; "" where the account has no LIFF app."""
    return urlsplit(account.liff_url).path.rstrip("/").rpartition("/")[2]


def liff_link(code: QRCode, token: str = "", visitor: str = "") -> str:
    """The LIFF URL that leads to this code, its slug in the path; "" without a LIFF app.

    A personal token's text travels as `t`, HubSpot's visitor cookie as `hutk`.
    """
    account = code.official_account
    if not account.can_login or not liff_id(account):
        return ""
    query = urlencode({name: text for name, text in (("t", token), ("hutk", visitor)) if text})
    return f"{account.liff_url.rstrip('/')}/{code.slug}{'?' if query else ''}{query}"


def enter_by_liff(
    outside: Outside,
    code: QRCode,
    token: LinkageToken | None,
    browser: str,
    given: LiffTokens,
    visitor: str = "",
) -> LoginAttempt:
    """The same as the way back from LINE Login: who is there, which contact; ties nothing.

    LINE verifies the ID token. Raises `LoginRefused`; then nothing is kept.
    """
    attempt = new_attempt(code, token, browser, secrets.token_urlsafe(32))
    attempt.returned_at, attempt.visitor = utcnow(), visitor
    channel, login = login_channel(code.official_account), outside.gateways.line_login
    try:
        identity = login.verify_id_token(channel, given.id_token, None)
        own = _own_token(outside, code.official_account, identity.user_id, given.access_token)
        is_friend = bool(own) and is_friend_of(outside, own)
        recognise(outside, attempt, Known(identity, is_friend, FriendToken(own, TOKEN_LIFE)))
    except GatewayError as error:
        log.warning("friend_liff_failed", reason=error.reason, status=error.status)
        raise LoginRefused(outcome_of(error)) from error
    return attempt


def _own_token(outside: Outside, account: OfficialAccount, user_id: str, token: str) -> str:
    """The access token, if it is this channel's and this person's; else ""."""
    if not token:
        return ""
    try:
        owner = outside.gateways.line_login.owner_of(login_channel(account), token)
    except GatewayError as error:
        log.warning("liff_token_unknown", reason=error.reason, status=error.status)
        return ""
    return token if owner == user_id else ""
