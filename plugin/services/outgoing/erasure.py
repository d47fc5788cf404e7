"""Erases people from events that are kept, and old events."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, delete, or_, select, update

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.outgoing.event import EventDelivery, OutgoingEvent
from plugin.models.transaction import affected, transaction
from plugin.services.outgoing.replay import EVENTS_KEPT

BATCH_SIZE = 1000


def forget_friend(friend_id: int) -> None:
    """Leave of a friend's events Musubi's own id and that they were, inside the caller's
    transaction: a receiver that has not heard yet of the unlinking still does."""
    _blank(OutgoingEvent.friend_id == friend_id)


def forget_contacts(installation_id: int, contact_ids: Iterable[int]) -> None:
    """The same for events in which these contacts stand."""
    texts = [str(contact_id) for contact_id in contact_ids]
    named = or_(
        OutgoingEvent.data["contact_id"].as_string().in_(texts),
        OutgoingEvent.data["from_contact_id"].as_string().in_(texts),
    )
    _blank((OutgoingEvent.installation_id == installation_id) & named)


def delete_old_events() -> bool:
    """Delete a batch of events whose time is over, with their deliveries; True: more are left."""
    old = select(OutgoingEvent.id).where(OutgoingEvent.at < utcnow() - EVENTS_KEPT)
    ids = list(db.session.scalars(old.order_by(OutgoingEvent.at).limit(BATCH_SIZE)))
    if ids:
        with transaction():
            _delete(ids)
    return len(ids) == BATCH_SIZE


def _delete(event_ids: Sequence[int]) -> None:
    for statement in (
        delete(EventDelivery).where(EventDelivery.event_id.in_(event_ids)),
        delete(OutgoingEvent).where(OutgoingEvent.id.in_(event_ids)),
    ):
        affected(statement.execution_options(synchronize_session=False))


def _blank(condition: ColumnElement[bool]) -> None:
    events = db.session.scalars(select(OutgoingEvent).where(condition)).all()
    for event in events:
        names = event.data.keys() & {"official_account", "friend"}
        event.data = {**{name: event.data[name] for name in sorted(names)}, "erased": True}
    answers = update(EventDelivery).where(EventDelivery.event_id.in_([one.id for one in events]))
    affected(answers.values(answer="").execution_options(synchronize_session=False))
