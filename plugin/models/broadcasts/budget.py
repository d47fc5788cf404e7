"""Keeps those of a broadcast's people who are most likely to tap, where not all get a message.

Points: three for each tap in the last ten messages received, up to six for a reply (the last 7, 30
or 90 days), three for having begun to follow in the last 30 days. Equal points are decided by the
bucket.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, exists, func, select, update

from plugin.models.broadcasts.recipient import LEFT_OUT, WAITING, Recipient
from plugin.models.people.friend import Friend
from plugin.models.sending.delivery import ACCEPTED, Delivery
from plugin.models.sending.link_click import LinkClick
from plugin.models.transaction import affected

LAST_RECEIVED = 10
TAP, NEWCOMER = 3, 3
REPLIES = ((7, 6), (30, 4), (90, 2))
NEW_DAYS = 30


def keep_likeliest(broadcast_id: int, number: int, now: datetime) -> int:
    """Leave out all who wait but `number`, inside the caller's transaction; count anew after it."""
    waiting = Recipient.broadcast_id == broadcast_id, Recipient.state == WAITING
    ranked = (
        select(Recipient.id)
        .join(Friend, Friend.id == Recipient.friend_id)
        .where(*waiting)
        .order_by(_points(now).desc(), Recipient.bucket, Recipient.id)
        .offset(number)
    )
    left_out = (
        update(Recipient).where(Recipient.id.in_(ranked)).values(state=LEFT_OUT, reason="budget")
    )
    return affected(left_out.execution_options(synchronize_session=False))


def _points(now: datetime) -> ColumnElement[int]:
    replied = case(
        *((Friend.last_received_at > now - timedelta(days=days), points)
          for days, points in REPLIES),
        else_=0,
    )  # fmt: skip
    followed_at = func.coalesce(Friend.status_since, Friend.created_at)
    newcomer = case((followed_at > now - timedelta(days=NEW_DAYS), NEWCOMER), else_=0)
    return _taps() * TAP + replied + newcomer


def _taps() -> ColumnElement[int]:
    received = (
        select(Delivery.id)
        .where(Delivery.friend_id == Friend.id, Delivery.state == ACCEPTED)
        .order_by(Delivery.id.desc())
        .limit(LAST_RECEIVED)
        .correlate(Friend)
        .subquery()
    )
    tapped = exists().where(LinkClick.delivery_id == received.c.id)
    return select(func.count()).select_from(received).where(tapped).scalar_subquery()
