"""Statements that count what people did after a broadcast, by variant and by state."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, select

from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.measures import GoalHit, StatusChange
from plugin.models.broadcasts.recipient import HELD_OUT, SENT, Recipient
from plugin.models.people.friend import BLOCKED, Friend
from plugin.models.sending.delivery import ACCEPTED, Delivery
from plugin.models.sending.link_click import LinkClick
from plugin.models.sending.link_target import LinkTarget
from plugin.models.sql import seconds_between

DAY, WEEK = timedelta(days=1), timedelta(days=7)
# More addresses than these are not told apart.
MOST_LINKS = 50
Groups = dict[tuple[int, str], tuple[int, ...]]


def tappers(broadcast_id: int) -> Groups:
    """Return people who tapped and their taps, by variant and state."""
    taps = func.sum(LinkClick.count)
    statement = _measured(broadcast_id, func.count(Recipient.id.distinct()), taps)
    return _groups(statement.join(LinkClick, LinkClick.delivery_id == Recipient.delivery_id))


def taps_by_link(broadcast_id: int) -> list[Row[tuple[int, str, int, int]]]:
    """Return variant, address, taps and people, the most tapped first. Addresses with a person's
    own text are one, with no address."""
    address = case((LinkTarget.friend_id.is_(None), LinkTarget.url), else_="")
    taps = func.sum(LinkClick.count)
    statement = (
        select(Recipient.variant, address, taps, func.count(Recipient.id.distinct()))
        .join(LinkClick, LinkClick.delivery_id == Recipient.delivery_id)
        .join(LinkTarget, LinkTarget.id == LinkClick.link_target_id)
        .where(Recipient.broadcast_id == broadcast_id)
        .group_by(Recipient.variant, address)
    )
    return list(db.session.execute(statement.order_by(taps.desc(), address).limit(MOST_LINKS)))


def writers(broadcast_id: int) -> Groups:
    """Return people who wrote to the account after their message."""
    statement = _measured(broadcast_id, func.count(Recipient.id))
    wrote = statement.join(Friend, Friend.id == Recipient.friend_id)
    return _groups(wrote.where(Friend.last_received_at > _moment()))


def blockers(broadcast_id: int) -> Groups:
    """Return people who blocked the account within a day and within seven."""
    after = seconds_between(_moment(), StatusChange.at)
    in_a_day = case((after <= DAY.total_seconds(), Recipient.id))
    statement = _measured(
        broadcast_id, func.count(in_a_day.distinct()), func.count(Recipient.id.distinct())
    ).join(StatusChange, StatusChange.friend_id == Recipient.friend_id)
    blocked = statement.where(StatusChange.status == BLOCKED, StatusChange.at > _moment())
    return _groups(blocked.where(after <= WEEK.total_seconds()))


def free_replies(broadcast_id: int) -> int:
    """Return how many went out as replies, which cost nothing."""
    statement = select(func.count()).where(
        Delivery.broadcast_id == broadcast_id,
        Delivery.reply_token != "",
        Delivery.state == ACCEPTED,
    )
    return db.session.scalar(statement) or 0


def goal_reachers(broadcast_id: int) -> Groups:
    hit = (GoalHit.broadcast_id == Recipient.broadcast_id) & (
        GoalHit.friend_id == Recipient.friend_id
    )
    return _groups(_measured(broadcast_id, func.count(Recipient.id)).join(GoalHit, hit))


def _measured(broadcast_id: int, *counts: ColumnElement[Any]) -> Select[Any]:
    statement = select(Recipient.variant, Recipient.state, *counts).select_from(Recipient)
    return (
        statement.join(Broadcast, Broadcast.id == Recipient.broadcast_id)
        .where(Recipient.broadcast_id == broadcast_id, Recipient.state.in_((SENT, HELD_OUT)))
        .group_by(Recipient.variant, Recipient.state)
    )


def _moment() -> ColumnElement[Any]:
    # Those held out got nothing: their time runs from the first message to anybody.
    return func.coalesce(Recipient.claimed_at, Broadcast.first_sent_at)


def _groups(statement: Select[Any]) -> Groups:
    groups: Groups = {}
    for variant, state, *counts in db.session.execute(statement):
        # Those held out are one group, whichever variant they would have got.
        key = (-1, state) if state == HELD_OUT or variant is None else (variant, state)
        former = groups.get(key, (0,) * len(counts))
        groups[key] = tuple(
            int(count or 0) + old for count, old in zip(counts, former, strict=True)
        )
    return groups
