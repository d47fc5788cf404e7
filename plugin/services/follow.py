"""What LINE tells about a friend: followed, blocked, wrote."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from plugin.core.clock import utcnow
from plugin.models.inbox import WebhookEvent
from plugin.models.job import plant
from plugin.models.official_account import OfficialAccount
from plugin.models.people import BLOCKED, FOLLOWING, UNKNOWN, Friend, Linkage
from plugin.services.answer_question import take_answer
from plugin.services.link_friend import friend_row, owe_mirror

Event = dict[str, Any]


def take_event(account: OfficialAccount, event: Event) -> None:
    """One LINE event, inside the caller's transaction. Unknown types change nothing."""
    handler = HANDLERS.get(str(event.get("type")))
    source = event.get("source")
    source = source if isinstance(source, dict) else {}
    user_id = source.get("userId") if source.get("type") == "user" else None
    if handler is None or not isinstance(user_id, str) or not user_id:
        return
    # Held, since an import or a login may learn something newer at the same moment.
    friend = friend_row(account, user_id, utcnow(), held=True)
    at = datetime.fromtimestamp(WebhookEvent.time_of(event.get("timestamp")) / 1000, UTC)
    if handler(friend, at):
        _tell_hubspot(friend)
    take_answer(friend, event, at)
    if friend.profile_at is None:
        plant("read_profiles", account.id, account.installation_id)


def _follow(friend: Friend, at: datetime) -> bool:
    # He may have a new name or picture since we last saw him.
    friend.profile_at = None
    return friend.note_status(FOLLOWING, at)


def _unfollow(friend: Friend, at: datetime) -> bool:
    return friend.note_status(BLOCKED, at)


def _heard(friend: Friend, at: datetime) -> bool:
    """Who writes is reachable; a message older than a block does not undo the block."""
    if friend.last_received_at is not None and at <= friend.last_received_at:
        return False
    friend.last_received_at = at
    friend.note_status(FOLLOWING, at)
    return True


def _seen(friend: Friend, at: datetime) -> bool:
    """Only who can be reached links an account, watches a video, or joins; nothing was written."""
    return friend.status == UNKNOWN and friend.note_status(FOLLOWING, at)


def _tell_hubspot(friend: Friend) -> None:
    linkage: Linkage | None = friend.linkage
    if linkage is not None:
        owe_mirror(linkage.contact)


HANDLERS: dict[str, Callable[[Friend, datetime], bool]] = {
    "follow": _follow,
    "unfollow": _unfollow,
    "message": _heard,
    "postback": _heard,
    "accountLink": _seen,
    "membership": _seen,
    "videoPlayComplete": _seen,
    "beacon": _seen,
}
