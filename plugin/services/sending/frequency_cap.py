"""The frequency cap: so many messages to a friend in so many rolling days."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CompoundSelect, Select, func, or_, select, union_all

from plugin.models.base import db
from plugin.models.broadcasts.recipient import SENDING, SENT, UNKNOWN, Recipient
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.models.people.friend import Friend
from plugin.models.sending.action_call import ActionCall
from plugin.models.sending.delivery import REFUSED, Delivery

# A question belongs to a talk that a workflow waits for, and a test send goes to the team.
COUNTED_ACTION = "send-message"


def capped(account_id: int, friend_ids: Collection[int], now: datetime) -> set[int]:
    """Return which of these friends may get no further message now. It locks them, in the order of
    ids, until the caller's transaction ends, which also stores what is sent to the others."""
    rules = SendingRules.of_account(account_id)
    if rules is None or rules.cap_messages is None or not friend_ids:
        return set()
    counts = counted_messages(friend_ids, now - timedelta(days=rules.cap_days))
    return {friend_id for friend_id in friend_ids if counts[friend_id] >= rules.cap_messages}


def counted_messages(friend_ids: Collection[int], since: datetime) -> Counter[int]:
    """Lock the friends, and return how many messages since then reached each of them or may have;
    those that wait for their send count too, so that no two sends take the last place."""
    locked = select(Friend.id).where(Friend.id.in_(friend_ids)).order_by(Friend.id)
    db.session.execute(locked.with_for_update(of=Friend))
    messages = _messages(friend_ids, since).subquery()
    counted = select(messages.c.friend_id, func.count()).group_by(messages.c.friend_id)
    rows = db.session.execute(counted).tuples()
    return Counter({int(friend_id or 0): count for friend_id, count in rows})


def count_capped(account_id: int, friends: Select[tuple[int]], at: datetime) -> int:
    """Return how many of these friends have had as many messages as they may by then, as far as is
    known now. Locks nothing."""
    rules = SendingRules.of_account(account_id)
    if rules is None or rules.cap_messages is None:
        return 0
    messages = _messages(friends, at - timedelta(days=rules.cap_days)).subquery()
    capped_friends = select(messages.c.friend_id).group_by(messages.c.friend_id)
    capped_friends = capped_friends.having(func.count() >= rules.cap_messages)
    counted = select(func.count()).select_from(capped_friends.subquery())
    return db.session.scalar(counted) or 0


def _messages(
    friends: Collection[int] | Select[tuple[int]], since: datetime
) -> CompoundSelect[Any]:
    """Select a row with the friend's id for each message that counts."""
    broadcasts = select(Recipient.friend_id.label("friend_id")).where(
        Recipient.friend_id.in_(friends),
        # One that was claimed long ago and not sent yet will still arrive.
        or_(Recipient.claimed_at > since, Recipient.state == SENDING),
        Recipient.state.in_((SENDING, SENT, UNKNOWN)),
    )
    sent_at = func.coalesce(Delivery.settled_at, Delivery.first_tried_at)
    workflows = (
        select(Delivery.friend_id.label("friend_id"))
        .join(ActionCall, ActionCall.id == Delivery.action_call_id)
        .where(
            Delivery.friend_id.in_(friends),
            Delivery.state != REFUSED,
            or_(sent_at > since, Delivery.settled_at.is_(None)),
            ActionCall.action == COUNTED_ACTION,
        )
    )
    return union_all(broadcasts, workflows)
