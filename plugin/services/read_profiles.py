"""Names and pictures of friends that were met without them."""

from collections.abc import Mapping

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.gateways import Channel
from plugin.models.base import db, transaction
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Friend
from plugin.services import Outside
from plugin.services.known_friends import take_profiles

BATCH = 100


def read_profiles(outside: Outside, account_id: int) -> bool:
    """Read some profiles that are owed; True where more are. Raises `GatewayError` to back off."""
    return read_some_profiles(outside, account_id) == BATCH


def read_some_profiles(outside: Outside, account_id: int) -> int:
    """The same; answers how many friends were asked about, at most `BATCH`."""
    account = OfficialAccount.by_id(account_id)
    if account is None or account.archived_at is not None:
        return 0
    owed = select(Friend.id, Friend.line_user_id).where(
        Friend.official_account_id == account_id, Friend.profile_at.is_(None)
    )
    friends = db.session.execute(owed.order_by(Friend.id).limit(BATCH)).tuples().all()
    read_profiles_of(outside, account, dict(friends))
    return len(friends)


def read_profiles_of(
    outside: Outside, account: OfficialAccount, friends: Mapping[int, str]
) -> None:
    """Read the profiles of some hundred friends: LINE user ids by row id."""
    if not friends:
        return
    channel = Channel(account.channel_id, account.channel_secret)
    profiles = outside.gateways.line.profiles(channel, list(friends.values()))
    with transaction():
        take_profiles(account, {row: profiles[one] for row, one in friends.items()}, utcnow())
