"""Looks until a broadcast's goal is over who reached it in time, those held out alike. Each look
goes through the people or through HubSpot's pages in bounded steps, and comes back a day later."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.measures import GoalHit
from plugin.models.connections.installation import Installation
from plugin.models.sending.delivery import Delivery
from plugin.models.sending.link_click import LinkClick
from plugin.models.sending.link_target import LinkTarget
from plugin.models.sql import insert_rows
from plugin.models.system.job import Claimed, note_payload
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.broadcasts import goal_looks
from plugin.services.broadcasts.goal_looks import Look, Span, people_after

log = structlog.get_logger()
LONGEST_GOAL = timedelta(days=30)
USUAL_DAYS = 7
AGAIN, AFTERWARDS = timedelta(days=1), timedelta(minutes=30)
DEALS_SCOPE = "crm.objects.deals.read"
KINDS = ("list", "property", "link", "deal")


def missing_scope(installation: Installation, kind: str) -> str:
    """Return the scope that a kind of goal needs and HubSpot has not granted, "" for none."""
    needs = kind == "deal" and DEALS_SCOPE not in installation.scopes
    return DEALS_SCOPE if needs else ""


def look_at_goal(deps: Dependencies, job: Claimed) -> datetime | None:
    """Do the next step of a look; return when to go on, None when the goal is over. Raise
    `GatewayError`."""
    broadcast = db.session.get(Broadcast, int(job.key))
    if broadcast is None or not broadcast.goal or broadcast.first_sent_at is None:
        return None
    days = timedelta(days=int(broadcast.goal.get("days") or USUAL_DAYS))
    span = Span(broadcast.first_sent_at, days)
    over_at = (broadcast.finished_at or utcnow()) + days + AFTERWARDS
    look = LOOKS[broadcast.goal["kind"]]
    try:
        step = look(deps, broadcast, span, job.payload)
    except GatewayError as error:
        if error.reason not in ("not_found", "forbidden", "invalid"):
            raise
        # The list or the property is gone, or the scope is: what was found stays.
        log.warning("goal_unreadable", broadcast=broadcast.id, reason=error.reason)
        step = Look({}, None, more=False)
    ends = not step.more and utcnow() >= over_at and broadcast.finished_at is not None
    with transaction():
        _store(broadcast.id, step.reached)
        note_payload(job, step.payload or {})
        if ends:
            broadcast.goal_read_at = utcnow()
    if step.more:
        return utcnow()
    return None if ends else min(utcnow() + AGAIN, max(over_at, utcnow() + AFTERWARDS))


def _store(broadcast_id: int, reached: Mapping[int, datetime]) -> None:
    rows = [
        {"broadcast_id": broadcast_id, "friend_id": friend_id, "at": at}
        for friend_id, at in sorted(reached.items())
    ]
    if rows:
        db.session.execute(insert_rows(GoalHit).on_conflict_do_nothing(), rows)


def _look_at_links(
    _: Dependencies, broadcast: Broadcast, span: Span, payload: Mapping[str, Any]
) -> Look:
    """A tap on any message counts, so that those held out can reach it as well."""
    people = people_after(broadcast, int(payload.get("after") or 0))
    url = (broadcast.goal or {}).get("value") or ""
    taps = (
        select(Delivery.friend_id, LinkClick.first_at)
        .join(LinkClick, LinkClick.delivery_id == Delivery.id)
        .join(LinkTarget, LinkTarget.id == LinkClick.link_target_id)
        .where(Delivery.friend_id.in_(list(people)), LinkClick.first_at > span.start)
    )
    if url:
        taps = taps.where(LinkTarget.url == url)
    reached: dict[int, datetime] = {}
    for friend_id, at in db.session.execute(taps.order_by(LinkClick.first_at)).tuples():
        if span.holds(people[friend_id].sent_at, at):
            reached.setdefault(friend_id, at)
    return goal_looks.next_look(people, reached)


LOOKS: Mapping[str, Callable[[Dependencies, Broadcast, Span, Mapping[str, Any]], Look]] = {
    "link": _look_at_links,
    "list": goal_looks.look_at_list,
    "property": goal_looks.look_at_property,
    "deal": goal_looks.look_at_deals,
}
