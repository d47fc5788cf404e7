"""What came of a template's workflow sends in the last thirty days."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, select

from plugin.core.clock import utcnow
from plugin.models.audience.synced_list import ListMembership
from plugin.models.base import db
from plugin.models.broadcasts.measures import StatusChange, TemplateUnit
from plugin.models.people.friend import BLOCKED
from plugin.models.people.linkage import Linkage
from plugin.models.sending.action_call import ActionCall
from plugin.models.sending.delivery import ACCEPTED, Delivery
from plugin.models.sending.link_click import LinkClick
from plugin.models.sending.template import Template
from plugin.models.sql import seconds_between
from plugin.services.sending.statistics_names import first_day

SPAN, DAY, WEEK = timedelta(days=30), timedelta(days=1), timedelta(days=7)


class TemplateResults(NamedTuple):
    """Messages, and how many of them were tapped, or were followed by a block or by the goal within
    seven days. `opens`: what LINE tells of this month, None for nothing."""

    sent: int
    tapped: int
    taps: int
    blocked_in_day: int
    blocked_in_week: int
    reached_goal: int | None
    opens: dict[str, Any] | None


def template_results(template: Template, goal_list_id: int | None = None) -> TemplateResults:
    """Count with five statements. `goal_list_id`: the row of a synced list that is the goal."""
    now = utcnow()
    sent = _count(_sends(template.id, now, func.count()))[0]
    clicks = func.count(Delivery.id.distinct()), func.sum(LinkClick.count)
    taps = _sends(template.id, now, *clicks).join(LinkClick, LinkClick.delivery_id == Delivery.id)
    tapped, total = _count(taps)
    after = seconds_between(Delivery.settled_at, StatusChange.at)
    in_a_day = case((after <= DAY.total_seconds(), Delivery.id))
    blocked = func.count(in_a_day.distinct()), func.count(Delivery.id.distinct())
    changes = _sends(template.id, now, *blocked).join(
        StatusChange, StatusChange.friend_id == Delivery.friend_id
    )
    followed = changes.where(StatusChange.status == BLOCKED, *_soon(StatusChange.at))
    in_day, in_week = _count(followed)
    reached = None if goal_list_id is None else _joined(template.id, now, goal_list_id)
    unit = db.session.get(TemplateUnit, (template.id, f"{first_day(now):%Y%m}"))
    return TemplateResults(
        sent, tapped, total, in_day, in_week, reached, unit.opens if unit else None
    )


def _joined(template_id: int, now: datetime, list_id: int) -> int:
    statement = (
        _sends(template_id, now, func.count(Delivery.id.distinct()))
        .join(Linkage, Linkage.friend_id == Delivery.friend_id)
        .join(ListMembership, ListMembership.contact_row_id == Linkage.contact_row_id)
        .where(ListMembership.synced_list_id == list_id, *_soon(ListMembership.joined_at))
    )
    return _count(statement)[0]


def _soon(at: Any) -> tuple[ColumnElement[bool], ...]:
    after = seconds_between(Delivery.settled_at, at)
    return at > Delivery.settled_at, after <= WEEK.total_seconds()


def _sends(template_id: int, now: datetime, *counts: ColumnElement[Any]) -> Select[Any]:
    return (
        select(*counts)
        .select_from(Delivery)
        .join(ActionCall, ActionCall.id == Delivery.action_call_id)
        .where(
            Delivery.template_id == template_id,
            Delivery.created_at > now - SPAN,
            Delivery.state == ACCEPTED,
        )
    )


def _count(statement: Select[Any]) -> list[int]:
    return [int(count or 0) for count in db.session.execute(statement).one()]
