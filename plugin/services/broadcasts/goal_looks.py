"""Steps of a look at a goal in HubSpot: pages of a list, values with their history, won deals."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select

from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.recipient import HELD_OUT, SENT, UNKNOWN, Recipient
from plugin.models.people.contact import Contact
from plugin.models.people.linkage import Linkage
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access

# HubSpot reads fifty contacts with their history in one call.
BATCH = 50
MEASURED = (SENT, UNKNOWN, HELD_OUT)


class Span(NamedTuple):
    """How long a goal may be reached: so long from each person's message, and for those held out
    from the first one."""

    start: datetime
    length: timedelta

    def holds(self, sent_at: datetime | None, at: datetime) -> bool:
        start = sent_at or self.start
        return start < at <= start + self.length


class Person(NamedTuple):
    recipient_id: int
    sent_at: datetime | None


class Look(NamedTuple):
    """`reached`: when, by friend. `payload`: where the next step begins, None: at the start."""

    reached: dict[int, datetime]
    payload: dict[str, Any] | None
    more: bool


def people_after(broadcast: Broadcast, after: int, limit: int = 500) -> dict[int, Person]:
    """Return the next people by friend, in the order of recipients."""
    statement = (
        select(Recipient.friend_id, Recipient.id, Recipient.claimed_at)
        .where(
            Recipient.broadcast_id == broadcast.id,
            Recipient.state.in_(MEASURED),
            Recipient.friend_id.is_not(None),
            Recipient.id > after,
        )
        .order_by(Recipient.id)
        .limit(limit)
    )
    rows = db.session.execute(statement).tuples()
    return {int(friend_id or 0): Person(row_id, sent_at) for friend_id, row_id, sent_at in rows}


def next_look(people: Mapping[int, Person], reached: dict[int, datetime]) -> Look:
    """Go on behind these people; without any, the look is at its end."""
    if not people:
        return Look({}, None, more=False)
    last = max(person.recipient_id for person in people.values())
    return Look(reached, {"after": last}, more=True)


def look_at_list(
    deps: Dependencies, broadcast: Broadcast, span: Span, payload: Mapping[str, Any]
) -> Look:
    """Read a page of the list in the order of joining. The last page is read again by the next
    look, which begins there."""
    cursor = str(payload.get("cursor") or "") or None
    access = portal_access(deps, broadcast.official_account.installation_id)
    list_id = str((broadcast.goal or {})["value"])
    page = deps.gateways.hubspot.memberships(access, list_id, cursor, by_join=True)
    joined = {contact_id: [at] for contact_id, at in page.joined.items() if at > span.start}
    reached = _reached(broadcast, span, joined)
    return Look(reached, {"cursor": page.after or cursor}, more=page.after is not None)


def look_at_property(
    deps: Dependencies, broadcast: Broadcast, span: Span, payload: Mapping[str, Any]
) -> Look:
    """Read when the contacts of the next people got which value."""
    people = people_after(broadcast, int(payload.get("after") or 0), BATCH)
    linked = select(Contact.contact_id).join(Linkage, Linkage.contact_row_id == Contact.id)
    contact_ids = list(db.session.scalars(linked.where(Linkage.friend_id.in_(list(people)))))
    if not contact_ids:
        return next_look(people, {})
    goal = broadcast.goal or {}
    access = portal_access(deps, broadcast.official_account.installation_id)
    history = deps.gateways.hubspot.property_history(access, contact_ids, str(goal["property"]))
    wanted = str(goal["value"]).strip().lower()
    moments = {
        contact_id: [at for value, at in changes if _is_among(wanted, value)]
        for contact_id, changes in history.items()
    }
    return next_look(people, _reached(broadcast, span, moments))


def look_at_deals(
    deps: Dependencies, broadcast: Broadcast, span: Span, payload: Mapping[str, Any]
) -> Look:
    """Read the next deals that were won since, and whose they are."""
    after = int(payload.get("after") or 0)
    access = portal_access(deps, broadcast.official_account.installation_id)
    deals = deps.gateways.hubspot.won_deals(access, span.start, after)
    if not deals:
        return Look({}, None, more=False)
    owners = deps.gateways.hubspot.contacts_of_deals(access, list(deals))
    moments: dict[int, list[datetime]] = {}
    for deal_id, contact_ids in owners.items():
        for contact_id in contact_ids:
            moments.setdefault(contact_id, []).append(deals[deal_id])
    return Look(_reached(broadcast, span, moments), {"after": max(deals)}, more=True)


def _is_among(wanted: str, value: str) -> bool:
    # Multiple checkboxes hold several values.
    return wanted in (part.strip().lower() for part in (value, *value.split(";")))


def _reached(
    broadcast: Broadcast, span: Span, moments: Mapping[int, list[datetime]]
) -> dict[int, datetime]:
    """Return by friend the first of their contact's moments that is in time."""
    people = (
        select(Contact.contact_id, Recipient.friend_id, Recipient.claimed_at)
        .join(Linkage, Linkage.contact_row_id == Contact.id)
        .join(Recipient, Recipient.friend_id == Linkage.friend_id)
        .where(
            Contact.installation_id == broadcast.official_account.installation_id,
            Contact.contact_id.in_(list(moments)),
            Linkage.official_account_id == broadcast.official_account_id,
            Recipient.broadcast_id == broadcast.id,
            Recipient.state.in_(MEASURED),
        )
    )
    rows = db.session.execute(people).tuples().all() if moments else []
    first: dict[int, datetime] = {}
    for contact_id, friend_id, sent_at in rows:
        in_time = [at for at in moments[contact_id] if span.holds(sent_at, at)]
        if in_time and friend_id is not None:
            first[friend_id] = min(in_time)
    return first
