"""LINE is told when a person is unlinked, while a token of theirs lives or can be refreshed."""

from datetime import datetime

from sqlalchemy import delete, select

from plugin.core.clock import utcnow
from plugin.gateways import Channel, GatewayError
from plugin.models.base import db, transaction
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Contact, Friend, LedgerEntry
from plugin.models.user_token import UserToken
from plugin.services import Outside
from plugin.services.ledger import Wish, write_down
from plugin.services.user_tokens import DEAD, live_texts

BY_LOGIN = ("qr", "email")


def deauthorize(outside: Outside, friend_id: int, contact_row_id: int) -> None:
    """Tell LINE once that the friend is unlinked; the ledger says so, or why it could not be told.

    Where HubSpot was removed there is no contact and no ledger any more; LINE is told all the same.

    Nothing is told of a friend who is linked again by now, or who never came through LINE Login.
    """
    friend = db.session.get(Friend, friend_id)
    contact = db.session.get(Contact, contact_row_id)
    if friend is None or friend.linkage is not None:
        return
    account, token = friend.official_account, UserToken.of_friend(friend_id)
    if token is None:
        if _came_by_login(friend):
            _settle(friend, contact, "not_deauthorized", "no token")
        return
    told = any(_tell(outside, account, text) for text in live_texts(outside, account, token))
    deed = "deauthorized" if told else "not_deauthorized"
    _settle(friend, contact, deed, "token ended", token)


def _tell(outside: Outside, account: OfficialAccount, text: str) -> bool:
    """False: LINE knows the token no more. Raises `GatewayError` where LINE must be asked again."""
    channel = Channel(account.login_channel_id, account.login_channel_secret)
    try:
        outside.gateways.line_login.deauthorize(channel, text)
    except GatewayError as error:
        if error.permanent and error.reason in DEAD:
            return False
        raise
    return True


def _settle(
    friend: Friend, contact: Contact | None, deed: str, why: str, token: UserToken | None = None
) -> None:
    source = "" if deed == "deauthorized" else why
    now: datetime = utcnow()
    with transaction() as session:
        if token is not None:
            # Who logged in meanwhile left another, which the next unlinking needs.
            tried = UserToken.friend_id == friend.id, UserToken.expires_at == token.expires_at
            session.execute(delete(UserToken).where(*tried))
        if contact is not None:
            write_down(deed, Wish(friend, contact, "manual", "musubi", source), now)


def _came_by_login(friend: Friend) -> bool:
    """Whether the tie that ended last was made by the friend's own login, and nobody was told."""
    mine = select(LedgerEntry).where(
        LedgerEntry.official_account_id == friend.official_account_id,
        LedgerEntry.line_user_id == friend.line_user_id,
        LedgerEntry.deed.in_(("unlinked", "deauthorized", "not_deauthorized")),
    )
    last = db.session.scalar(mine.order_by(LedgerEntry.id.desc()).limit(1))
    return last is not None and last.deed == "unlinked" and last.before.get("method") in BY_LOGIN
