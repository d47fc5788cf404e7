"""A friend's tokens at our LINE Login channel, stored for unlinking and refreshed then."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend import Friend
from plugin.models.people.user_token import UserToken
from plugin.models.sql import insert_or
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.channels import login_channel

# LINE Login v2.1: an access token of a web login lives 30 days, its refresh token 90.
TOKEN_LIFE, REFRESH_LIFE = timedelta(days=30), timedelta(days=90)
DEAD = ("invalid", "not_found", "refused")


class FriendToken(NamedTuple):
    """An access token that is valid for `life`, and its refresh token; LIFF tokens have none."""

    text: str
    life: timedelta = TOKEN_LIFE
    refresh: str = ""


def store_user_token(friend: Friend, account: OfficialAccount, token: FriendToken) -> None:
    """Store a friend's newest tokens, inside the caller's transaction."""
    if not token.text:
        return
    now, before = utcnow(), UserToken.of_friend(friend.id)
    values = {
        "login_channel_id": account.login_channel_id,
        "text": token.text,
        "expires_at": now + token.life,
    }
    # A token without a refresh token (LIFF) keeps the one of an earlier login at the same channel:
    # it may be needed long after this token has expired.
    if token.refresh:
        values |= {"refresh_text": token.refresh, "refresh_until": now + REFRESH_LIFE}
    elif before is not None and before.login_channel_id != account.login_channel_id:
        values |= {"refresh_text": None, "refresh_until": None}
    statement = insert_or(UserToken).values(friend_id=friend.id, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["friend_id"], set_=values))


def live_texts(deps: Dependencies, account: OfficialAccount, token: UserToken) -> Iterator[str]:
    """Yield the stored access token, then one that is refreshed only if the caller asks for it.
    Raise `GatewayError` to retry."""
    if not account.can_login or token.login_channel_id != account.login_channel_id:
        return
    if token.expires_at > utcnow():
        yield token.text
    if token.refresh_text and token.refresh_until and token.refresh_until > utcnow():
        fresh = _refreshed(deps, account, token)
        if fresh:
            yield fresh


def _refreshed(deps: Dependencies, account: OfficialAccount, token: UserToken) -> str:
    # Stored before it is used, for a retry.
    channel = login_channel(account)
    refresh_text = token.refresh_text or ""
    try:
        fresh = deps.gateways.line_login.refresh(channel, refresh_text)
    except GatewayError as error:
        if error.permanent and error.reason in DEAD:
            return ""
        raise
    with transaction() as session:
        session.refresh(token, with_for_update=True)
        # A login in the meantime stored newer tokens.
        if token.refresh_text == refresh_text:
            token.text = fresh.access_token
            token.expires_at = utcnow() + timedelta(seconds=fresh.expires_in)
            token.refresh_text = fresh.refresh_token or refresh_text
    return fresh.access_token
