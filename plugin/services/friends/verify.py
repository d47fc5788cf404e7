"""LINE User IDs from outside: accepted only where LINE shows the user to the account."""

from collections.abc import Iterable
from typing import Literal

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.core.linkage import looks_like_user_id
from plugin.gateways import GatewayError, Profile
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend import FOLLOWING, UNKNOWN, Friend
from plugin.services import Dependencies
from plugin.services.connections.channels import messaging_channel
from plugin.services.friends.records import get_or_create_friend

# LINE is asked one by one; the rest is deferred to the next batch.
MAX_LOOKUPS = 20
# A profile: LINE shows a user we do not know. "deferred": not asked yet.
VerifiedUser = Profile | Literal["known", "not_found", "deferred"]
VerifiedUsers = dict[tuple[int, str], VerifiedUser]


def verify_user_ids(
    deps: Dependencies, user_ids_of_accounts: Iterable[tuple[OfficialAccount, str]]
) -> VerifiedUsers:
    """Look up (account, LINE User ID) pairs. Raise `GatewayError` to retry."""
    verified_users: VerifiedUsers = {}
    by_account: dict[int, tuple[OfficialAccount, set[str]]] = {}
    for account, user_id in user_ids_of_accounts:
        by_account.setdefault(account.id, (account, set()))[1].add(user_id)
    requests = 0
    for account, user_ids in by_account.values():
        known = _known(account, user_ids)
        for user_id in sorted(user_ids):
            verified: VerifiedUser = "known" if user_id in known else "not_found"
            if user_id not in known and looks_like_user_id(user_id):
                requests += 1
                verified = _ask(deps, account, user_id) if requests <= MAX_LOOKUPS else "deferred"
            verified_users[account.id, user_id] = verified
    return verified_users


def upsert_verified(account: OfficialAccount, user_id: str, verified: VerifiedUser) -> Friend:
    """Return the friend's row with the profile from LINE, inside the caller's transaction."""
    now = utcnow()
    friend = get_or_create_friend(account, user_id, now)
    if isinstance(verified, Profile):
        friend.display_name, friend.picture_url = (
            verified.display_name,
            verified.picture_url,
        )
        friend.language, friend.profile_at = verified.language, now
        if friend.status == UNKNOWN:
            # LINE shows only people who can be reached.
            friend.note_status(FOLLOWING, now)
    return friend


def _known(account: OfficialAccount, user_ids: set[str]) -> set[str]:
    statement = select(Friend.line_user_id).where(Friend.official_account_id == account.id)
    return set(db.session.scalars(statement.where(Friend.line_user_id.in_(user_ids))))


def _ask(deps: Dependencies, account: OfficialAccount, user_id: str) -> VerifiedUser:
    channel = messaging_channel(account)
    try:
        return deps.gateways.line.profile(channel, user_id)
    except GatewayError as error:
        if error.permanent and error.reason in ("not_found", "invalid"):
            return "not_found"
        raise
