"""A friend's way through LINE Login: sent there with an intent, recognised on the way back."""

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from plugin.core.clock import utcnow
from plugin.core.tokens import fingerprint
from plugin.gateways import Channel, ContactRecord, GatewayError, Identity
from plugin.models.base import db, transaction
from plugin.models.official_account import OfficialAccount
from plugin.models.people import FOLLOWING, Contact, Friend
from plugin.models.qr_code import LinkageToken, LoginAttempt, QRCode
from plugin.services import Outside
from plugin.services.find_contact import by_email, by_id
from plugin.services.friend_walk import LoginRefused, take_return, why_closed
from plugin.services.link_friend import contact_row, friend_row, owe_mirror
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
) -> str:
    """Keep the intent on our side; answers LINE's consent address.

    `browser` is the secret of its cookie. The e-mail address is asked for only where it is to
    find a contact. A try without LINE's automatic login, or without the e-mail address, follows on
    another that failed, and is not counted as a scan again.
    """
    again = not (auto_login and email)
    email = email and _wants_email(code, token)
    state = ("" if email else PLAIN) + secrets.token_urlsafe(32)
    attempt = _new_attempt(code, token, browser, state)
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
        identity, user_token = _who(outside, attempt, back.code)
        is_friend = _is_friend(outside, user_token)
        contact = _candidate(outside, attempt, identity)
    except GatewayError as error:
        log.warning("friend_login_failed", reason=error.reason, status=error.status)
        raise LoginRefused(outcome_of(error), attempt) from error
    with transaction():
        attempt.is_friend, attempt.user_token = is_friend, user_token
        _note_identity(attempt, identity)
        _note_contact(attempt, contact)
        _settle(attempt, _note_friend(attempt))
        add_visit(attempt.qr_code_id, "login")
    return attempt


def outcome_of(error: GatewayError) -> str:
    """The friend's page for a platform's refusal or silence."""
    if error.reason == "revoked":
        return "paused"
    return "login_failed" if error.permanent else "unreachable"


def _new_attempt(
    code: QRCode, token: LinkageToken | None, browser: str, state: str
) -> LoginAttempt:
    return LoginAttempt(
        reference=secrets.token_urlsafe(18),
        state=fingerprint(state),
        browser=fingerprint(browser),
        qr_code_id=code.id,
        token_id=token.id if token else None,
        nonce=secrets.token_urlsafe(24),
        code_verifier=secrets.token_urlsafe(48),
        expires_at=utcnow() + ATTEMPT_LIFE,
    )


def _wants_email(code: QRCode, token: LinkageToken | None) -> bool:
    return code.official_account.login_email and code.linkage_type == "hubspot" and token is None


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


def _who(outside: Outside, attempt: LoginAttempt, code: str) -> tuple[Identity, str]:
    """Who LINE says is there, and the access token that speaks for this person."""
    login, channel = outside.gateways.line_login, login_channel(attempt.qr_code.official_account)
    tokens = login.exchange(channel, code, redirect_uri(outside), attempt.code_verifier)
    identity = login.verify_id_token(channel, tokens.id_token, attempt.nonce)
    return identity, tokens.access_token


def _is_friend(outside: Outside, user_token: str) -> bool:
    """A Login channel that is linked with no account cannot say; that stops nobody."""
    try:
        return outside.gateways.line_login.is_friend(user_token)
    except GatewayError as error:
        log.warning("friendship_unknown", reason=error.reason, status=error.status)
        return False


def _candidate(outside: Outside, attempt: LoginAttempt, identity: Identity) -> ContactRecord | None:
    """A valid token's contact; else the one whose e-mail LINE vouches for; else none.

    Who is tied already and brings no token wishes for no other contact.
    """
    account = attempt.qr_code.official_account
    if attempt.qr_code.linkage_type != "hubspot":
        return None
    if attempt.token_id is not None:
        record = by_id(outside, account.installation_id, _contact_of_token(attempt))
        if record is None:
            raise LoginRefused("contact_gone", attempt)
        return record
    friend = Friend.of_account(account.id, identity.user_id)
    if identity.email and (friend is None or friend.linkage is None):
        return by_email(outside, account.installation_id, identity.email)
    return None


def _contact_of_token(attempt: LoginAttempt) -> int:
    token = db.session.get_one(LinkageToken, attempt.token_id)
    return db.session.get_one(Contact, token.contact_row_id).contact_id


def _note_identity(attempt: LoginAttempt, identity: Identity) -> None:
    attempt.line_user_id = identity.user_id
    attempt.display_name, attempt.picture_url = identity.name, identity.picture_url
    attempt.contact_email = identity.email


def _note_contact(attempt: LoginAttempt, record: ContactRecord | None) -> None:
    if record is None:
        return
    installation_id = attempt.qr_code.official_account.installation_id
    contact = contact_row(installation_id, record.contact_id)
    contact.take(dict(record.properties), utcnow())
    contact.deleted_at = None
    # The page masks the e-mail address, so it must not stand in for a missing name.
    attempt.contact_id, attempt.contact_name = contact.contact_id, contact.name
    attempt.contact_email = contact.email


def _note_friend(attempt: LoginAttempt) -> Friend:
    now = utcnow()
    friend = friend_row(attempt.qr_code.official_account, attempt.line_user_id, now)
    friend.display_name = attempt.display_name or friend.display_name
    friend.picture_url = attempt.picture_url or friend.picture_url
    if attempt.is_friend and friend.status != FOLLOWING:
        _note_following(friend, now)
    return friend


def _note_following(friend: Friend, now: datetime) -> None:
    """LINE's own word of it may come later with an earlier time, and then changes nothing."""
    if friend.note_status(FOLLOWING, now) and friend.linkage is not None:
        owe_mirror(friend.linkage.contact)


def _settle(attempt: LoginAttempt, friend: Friend) -> None:
    """A code that ties nobody, and a tie that is there, leave nothing to confirm."""
    tied = friend.linkage.contact.contact_id if friend.linkage else None
    if attempt.qr_code.linkage_type != "hubspot":
        attempt.outcome = "welcome"
    elif tied is not None and attempt.contact_id in (None, tied):
        attempt.outcome = "already_linked"
    else:
        return
    attempt.confirmed_at = utcnow()
    add_visit(attempt.qr_code_id, attempt.outcome)
