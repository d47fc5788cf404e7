"""Names and pictures of friends that were met without them."""

from sqlalchemy import select

from plugin.gateways import Channel
from plugin.models.base import db, transaction
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Friend
from plugin.services import Outside
from plugin.services.known_friends import take_profile

BATCH = 100


def read_profiles(outside: Outside, account_id: int) -> bool:
    """Read some profiles that are owed; True where more are. Raises `GatewayError` to back off."""
    return read_some_profiles(outside, account_id) == BATCH


def read_some_profiles(outside: Outside, account_id: int) -> int:
    """The same; answers how many friends were asked about, at most `BATCH`."""
    account = OfficialAccount.by_id(account_id)
    if account is None or account.archived_at is not None:
        return 0
    owed = select(Friend).where(
        Friend.official_account_id == account_id, Friend.profile_at.is_(None)
    )
    friends = list(db.session.scalars(owed.order_by(Friend.id).limit(BATCH)).unique())
    if not friends:
        return 0
    channel = Channel(account.channel_id, account.channel_secret)
    asked = [friend.line_user_id for friend in friends]
    profiles = outside.gateways.line.profiles(channel, asked)
    with transaction():
        for friend in friends:
            take_profile(friend, profiles[friend.line_user_id])
    return len(friends)
