"""The frequency cap: so many messages to a friend in so many rolling days."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

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
    broadcasts = select(Recipient.friend_id, func.count()).where(
        Recipient.friend_id.in_(friend_ids),
        # One that was claimed long ago and not sent yet will still arrive.
        or_(Recipient.claimed_at > since, Recipient.state == SENDING),
        Recipient.state.in_((SENDING, SENT, UNKNOWN)),
    )
    sent_at = func.coalesce(Delivery.settled_at, Delivery.first_tried_at)
    workflows = (
        select(Delivery.friend_id, func.count())
        .join(ActionCall, ActionCall.id == Delivery.action_call_id)
        .where(
            Delivery.friend_id.in_(friend_ids),
            Delivery.state != REFUSED,
            or_(sent_at > since, Delivery.settled_at.is_(None)),
            ActionCall.action == COUNTED_ACTION,
        )
    )
    counts: Counter[int] = Counter()
    for statement, friend_id in (
        (broadcasts, Recipient.friend_id),
        (workflows, Delivery.friend_id),
    ):
        for key, count in db.session.execute(statement.group_by(friend_id)).tuples():
            counts[int(key or 0)] += count
    return counts
