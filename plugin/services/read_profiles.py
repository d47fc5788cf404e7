"""Names and pictures of friends that were met without them."""

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.gateways import Channel, GatewayError, Profile
from plugin.models.base import db, transaction
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Friend
from plugin.services import Outside
from plugin.services.link_friend import owe_mirror

BATCH = 20


def read_profiles(outside: Outside, account_id: int) -> bool:
    """Read some profiles that are owed; True where more are. Raises `GatewayError` to back off."""
    account = OfficialAccount.by_id(account_id)
    if account is None or account.archived_at is not None:
        return False
    owed = select(Friend).where(
        Friend.official_account_id == account_id, Friend.profile_at.is_(None)
    )
    friends = list(db.session.scalars(owed.order_by(Friend.id).limit(BATCH)))
    channel = Channel(account.channel_id, account.channel_secret)
    for friend in friends:
        profile = _ask(outside, channel, friend)
        with transaction():
            _take(friend, profile)
    return len(friends) == BATCH


def _ask(outside: Outside, channel: Channel, friend: Friend) -> Profile | None:
    """None: LINE does not tell (blocked, unknown, no consent)."""
    try:
        return outside.gateways.line.profile(channel, friend.line_user_id)
    except GatewayError as error:
        if error.permanent and error.reason in ("not_found", "invalid"):
            return None
        raise


def _take(friend: Friend, profile: Profile | None) -> None:
    friend.profile_at = utcnow()
    if profile is None:
        return
    friend.display_name, friend.picture_url = profile.display_name, profile.picture_url
    friend.language = profile.language
    if friend.linkage is not None:
        owe_mirror(friend.linkage.contact)
