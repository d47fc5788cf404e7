"""A friend's tokens at our LINE Login channel: kept for the day of unlinking, made fresh then."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from plugin.core.clock import utcnow
from plugin.gateways import Channel, GatewayError
from plugin.models.base import db, transaction
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Friend
from plugin.models.upsert import insert_or
from plugin.models.user_token import UserToken
from plugin.services import Outside

# LINE Login v2.1: an access token of a web login lives 30 days, its refresh token 90.
TOKEN_LIFE, REFRESH_LIFE = timedelta(days=30), timedelta(days=90)
DEAD = ("invalid", "not_found", "refused")


class FriendToken(NamedTuple):
    """An access token that lives `life`, and what gets the next one; LIFF's have none."""

    text: str
    life: timedelta = TOKEN_LIFE
    refresh: str = ""


def keep_user_token(friend: Friend, account: OfficialAccount, token: FriendToken) -> None:
    """Keep a friend's newest tokens, inside the caller's transaction.

    A token without refresh leaves the refresh token of an earlier login at the same channel: that
    one may be needed long after this one has ended.
    """
    if not token.text:
        return
    now, before = utcnow(), UserToken.of_friend(friend.id)
    values = {
        "login_channel_id": account.login_channel_id,
        "text": token.text,
        "expires_at": now + token.life,
    }
    if token.refresh:
        values |= {"refresh_text": token.refresh, "refresh_until": now + REFRESH_LIFE}
    elif before is not None and before.login_channel_id != account.login_channel_id:
        values |= {"refresh_text": None, "refresh_until": None}
    statement = insert_or(UserToken).values(friend_id=friend.id, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["friend_id"], set_=values))


def live_texts(outside: Outside, account: OfficialAccount, token: UserToken) -> Iterator[str]:
    """Access tokens that should still live: the one that is kept, then a fresh one.

    The fresh one is asked for only where the caller comes back for it. Raises `GatewayError` where
    LINE must be asked again.
    """
    if not account.can_login or token.login_channel_id != account.login_channel_id:
        return
    if token.expires_at > utcnow():
        yield token.text
    if token.refresh_text and token.refresh_until and token.refresh_until > utcnow():
        fresh = _refreshed(outside, account, token)
        if fresh:
            yield fresh


def _refreshed(outside: Outside, account: OfficialAccount, token: UserToken) -> str:
    """Stored before it is used, for a repeat; "" where LINE knows the refresh token no more."""
    channel = Channel(account.login_channel_id, account.login_channel_secret)
    try:
        fresh = outside.gateways.line_login.refresh(channel, token.refresh_text or "")
    except GatewayError as error:
        if error.permanent and error.reason in DEAD:
            return ""
        raise
    with transaction():
        token.text = fresh.access_token
        token.expires_at = utcnow() + timedelta(seconds=fresh.expires_in)
        token.refresh_text = fresh.refresh_token or token.refresh_text
    return fresh.access_token
