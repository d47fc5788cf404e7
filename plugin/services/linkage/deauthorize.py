"""Deauthorise at LINE when a friend is unlinked, while a token lives or can be refreshed."""

from sqlalchemy import delete, select

from plugin.core.clock import utcnow
from plugin.core.linkage import BY_LOGIN
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.models.people.user_token import UserToken
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.channels import login_channel
from plugin.services.linkage.history import LinkRequest, record
from plugin.services.linkage.line_tokens import DEAD, live_texts


def deauthorize(deps: Dependencies, friend_id: int, contact_row_id: int) -> None:
    """Deauthorise a friend once, unless they are linked again or never used LINE Login. Record
    that, or why it was not possible; after HubSpot's removal there is no history any more."""
    friend = db.session.get(Friend, friend_id)
    contact = db.session.get(Contact, contact_row_id)
    if friend is None or friend.linkage is not None:
        return
    account, token = friend.official_account, UserToken.of_friend(friend_id)
    if token is None:
        if _came_by_login(friend):
            _complete(friend, contact, "not_deauthorized", "no token")
        return
    done = any(_call_line(deps, account, text) for text in live_texts(deps, account, token))
    event, why = ("deauthorized", "") if done else ("not_deauthorized", "token ended")
    _complete(friend, contact, event, why, token)


def _call_line(deps: Dependencies, account: OfficialAccount, text: str) -> bool:
    """Return False where the token is no longer valid. Raise `GatewayError` to retry."""
    channel = login_channel(account)
    try:
        deps.gateways.line_login.deauthorize(channel, text)
    except GatewayError as error:
        if error.permanent and error.reason in DEAD:
            return False
        raise
    return True


def _complete(
    friend: Friend, contact: Contact | None, event: str, why: str, token: UserToken | None = None
) -> None:
    with transaction() as session:
        if token is not None:
            # A login in the meantime stored another token, which the next unlinking needs.
            used = UserToken.friend_id == friend.id, UserToken.expires_at == token.expires_at
            session.execute(delete(UserToken).where(*used))
        if contact is not None:
            record(event, LinkRequest(friend, contact, "manual", "musubi", why), utcnow())


def _came_by_login(friend: Friend) -> bool:
    # Also false where LINE was called since the unlinking.
    statement = select(HistoryEntry).where(
        HistoryEntry.official_account_id == friend.official_account_id,
        HistoryEntry.line_user_id == friend.line_user_id,
        HistoryEntry.event_type.in_(("unlinked", "deauthorized", "not_deauthorized")),
    )
    last = db.session.scalar(statement.order_by(HistoryEntry.id.desc()).limit(1))
    if last is None or last.event_type != "unlinked":
        return False
    return last.before.get("method") in BY_LOGIN
