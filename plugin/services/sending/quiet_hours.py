"""Quiet hours: which friends' messages wait, and until when."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select

from plugin.core.sending_hours import opens_at, zone_named
from plugin.models.audience.contact_values import ContactValues
from plugin.models.base import db
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.linkage import Linkage
from plugin.models.sending.delivery import Delivery
from plugin.services.sending.frequency_cap import COUNTED_ACTION

# Whoever plans a delivery looks at the quiet hours then.
FRESH = timedelta(minutes=1)


def held_until(
    account: OfficialAccount, friend_ids: Collection[int], now: datetime
) -> dict[int, datetime]:
    """Return when the window opens for each of these friends whose messages wait; the others may
    get theirs now. Two statements at most."""
    rules = SendingRules.of_account(account.id)
    if rules is None or rules.open_hours is None or not friend_ids:
        return {}
    usual = rules.time_zone or account.installation.time_zone
    zones = _own_zones(rules.zone_property, friend_ids)
    # Many friends share few zones.
    opening = {zone: opens_at(rules.open_hours, zone, now) for zone in {usual, *zones.values()}}
    openings = {friend_id: opening[zones.get(friend_id, usual)] for friend_id in friend_ids}
    return {friend_id: moment for friend_id, moment in openings.items() if moment is not None}


def count_held(
    account: OfficialAccount, friends: Select[tuple[int]], at: datetime
) -> tuple[int, datetime | None]:
    """Return how many of these friends' messages would wait at that moment, and until when the
    first of them do. One statement beside the rules."""
    rules = SendingRules.of_account(account.id)
    if rules is None or rules.open_hours is None:
        return 0, None
    usual = rules.time_zone or account.installation.time_zone
    people: Counter[str] = Counter()
    for text, count in _zones_of(rules.zone_property, friends):
        people[zone_named(text or "") or usual] += count
    opening = {zone: opens_at(rules.open_hours, zone, at) for zone in people}
    held = {zone: moment for zone, moment in opening.items() if moment is not None}
    return sum(people[zone] for zone in held), min(held.values(), default=None)


def _zones_of(name: str, friends: Select[tuple[int]]) -> Sequence[tuple[str | None, int]]:
    chosen = friends.subquery()
    if not name:
        return [(None, db.session.scalar(select(func.count()).select_from(chosen)) or 0)]
    value = ContactValues.values[name].as_string()
    statement = (
        select(value, func.count())
        .select_from(chosen)
        .outerjoin(Linkage, Linkage.friend_id == chosen.c.id)
        .outerjoin(ContactValues, ContactValues.contact_row_id == Linkage.contact_row_id)
    )
    return db.session.execute(statement.group_by(value)).tuples().all()


def held_deliveries(deliveries: Sequence[Delivery], now: datetime) -> dict[int, datetime]:
    """Return by id when the window opens for each workflow message that has to wait (again): it was
    planned a while ago, and no try of it may have reached the friend."""
    friends: defaultdict[OfficialAccount, set[int]] = defaultdict(set)
    late = [delivery for delivery in deliveries if _has_waited(delivery, now)]
    for delivery in late:
        friends[delivery.friend.official_account].add(delivery.friend_id)
    held: dict[int, datetime] = {}
    for account, friend_ids in friends.items():
        held.update(held_until(account, friend_ids, now))
    return {
        delivery.id: held[delivery.friend_id] for delivery in late if delivery.friend_id in held
    }


def _has_waited(delivery: Delivery, now: datetime) -> bool:
    call = delivery.action_call
    is_counted = call is not None and call.action == COUNTED_ACTION
    return is_counted and not delivery.maybe_sent and now - delivery.created_at > FRESH


def _own_zones(property_name: str, friend_ids: Collection[int]) -> dict[int, str]:
    """Return the zone of each friend whose linked contact has one in the property."""
    if not property_name:
        return {}
    value = ContactValues.values[property_name].as_string()
    statement = (
        select(Linkage.friend_id, value)
        .join(ContactValues, ContactValues.contact_row_id == Linkage.contact_row_id)
        .where(Linkage.friend_id.in_(friend_ids), value.is_not(None))
    )
    rows = db.session.execute(statement).tuples()
    named = {friend_id: zone_named(text) for friend_id, text in rows}
    return {friend_id: zone for friend_id, zone in named.items() if zone}
