"""LINE User IDs that came from elsewhere: only those whom LINE shows to the account are taken."""

from collections.abc import Iterable
from typing import Literal

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.core.linkage import looks_like_user_id
from plugin.gateways import Channel, GatewayError, Profile
from plugin.models.base import db
from plugin.models.official_account import OfficialAccount
from plugin.models.people import FOLLOWING, UNKNOWN, Friend
from plugin.services import Outside
from plugin.services.link_friend import friend_row

# LINE is asked one by one; what is over waits for the next piece of work.
MOST = 20
# A friend we know, a stranger LINE shows to us, nobody, or not asked yet.
Introduction = Profile | Literal["known", "nobody", "later"]
Introductions = dict[tuple[int, str], Introduction]


def introduce(outside: Outside, offered: Iterable[tuple[OfficialAccount, str]]) -> Introductions:
    """Who stands behind each (account, LINE User ID). Raises `GatewayError` to back off."""
    answers: Introductions = {}
    by_account: dict[int, tuple[OfficialAccount, set[str]]] = {}
    for account, user_id in offered:
        by_account.setdefault(account.id, (account, set()))[1].add(user_id)
    asked = 0
    for account, user_ids in by_account.values():
        known = _known(account, user_ids)
        for user_id in sorted(user_ids):
            answer: Introduction = "known" if user_id in known else "nobody"
            if user_id not in known and looks_like_user_id(user_id):
                asked += 1
                answer = _ask(outside, account, user_id) if asked <= MOST else "later"
            answers[account.id, user_id] = answer
    return answers


def met(account: OfficialAccount, user_id: str, introduction: Introduction) -> Friend:
    """The friend's row, with what LINE told of him, inside the caller's transaction."""
    now = utcnow()
    friend = friend_row(account, user_id, now)
    if isinstance(introduction, Profile):
        friend.display_name, friend.picture_url = (
            introduction.display_name,
            introduction.picture_url,
        )
        friend.language, friend.profile_at = introduction.language, now
        if friend.status == UNKNOWN:
            # LINE shows only people who can be reached.
            friend.note_status(FOLLOWING, now)
    return friend


def _known(account: OfficialAccount, user_ids: set[str]) -> set[str]:
    mine = select(Friend.line_user_id).where(Friend.official_account_id == account.id)
    return set(db.session.scalars(mine.where(Friend.line_user_id.in_(user_ids))))


def _ask(outside: Outside, account: OfficialAccount, user_id: str) -> Introduction:
    channel = Channel(account.channel_id, account.channel_secret)
    try:
        return outside.gateways.line.profile(channel, user_id)
    except GatewayError as error:
        if error.permanent and error.reason in ("not_found", "invalid"):
            return "nobody"
        raise
