"""Registers receivers, changes and removes them, and tries them out."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from plugin.core.clock import utcnow
from plugin.core.security.webhook_signatures import new_secret
from plugin.core.text.sentences import Sentence
from plugin.core.webhooks.event_types import EVENT_TYPES, TEST
from plugin.core.webhooks.receiver_urls import UnfitUrl, receiver_url
from plugin.models.base import db
from plugin.models.connections.installation import Installation
from plugin.models.outgoing.event import EventDelivery
from plugin.models.outgoing.receiver import WebhookReceiver
from plugin.models.system.job import cancel, enqueue
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.outgoing.events import Happened, write_events

MOST_RECEIVERS = 10
# After a new secret was made, the one before signs as well for so long.
BOTH_VALID = timedelta(hours=24)


class ReceiverRefused(ValueError):
    """Nothing was stored; `problems` says by field what is wrong."""

    def __init__(self, problems: dict[str, Sentence]) -> None:
        super().__init__(" ".join(map(str, problems.values())))
        self.problems = problems


class ReceiverGone(LookupError):
    """Somebody has removed this receiver meanwhile."""


class SwitchedOff(Exception):
    """Nothing is sent to a receiver that is switched off."""


def register(
    deps: Dependencies, installation: Installation, url: str, events: Iterable[str]
) -> WebhookReceiver:
    """Return the new receiver, whose secret is shown this once."""
    url, chosen = _checked(deps, url, events)
    with transaction() as session:
        # Two at the same moment are counted one after the other.
        session.refresh(installation, with_for_update={"key_share": True})
        if WebhookReceiver.count_owned(installation.id) >= MOST_RECEIVERS:
            problem = Sentence(
                "There are %(most)d receivers already. Remove one first.", most=MOST_RECEIVERS
            )
            raise ReceiverRefused({"url": problem})
        receiver = WebhookReceiver(
            installation_id=installation.id,
            url=url,
            events=chosen,
            secret=new_secret(),
            created_at=utcnow(),
        )
        session.add(receiver)
        _note_chosen(installation)
    return receiver


def change(
    deps: Dependencies,
    receiver: WebhookReceiver,
    url: str | None = None,
    events: Iterable[str] | None = None,
    active: bool | None = None,
) -> None:
    """Store another address, other events, or whether it is on, all at once. None: as it is. At a
    new address nothing has failed yet; what waits while it is off goes out once it is on."""
    with transaction():
        current = held(receiver.id)
        if url is not None or events is not None:
            url, chosen = _checked(
                deps,
                current.url if url is None else url,
                current.events if events is None else events,
            )
            if current.url != url:
                _begin_anew(current)
                EventDelivery.begin_anew(current.id, utcnow())
            current.url, current.events = url, chosen
        if active is not None:
            _switch(current, active)
        _enqueue(current)
        _note_chosen(_installation(current))


def rotate_secret(receiver: WebhookReceiver) -> datetime:
    """Make a new secret; return until when the one before is valid too."""
    with transaction():
        current, until = held(receiver.id), utcnow() + BOTH_VALID
        current.previous_secret, current.previous_until = current.secret, until
        current.secret = new_secret()
    return until


def remove(receiver: WebhookReceiver) -> None:
    """Have nobody find a receiver any more. A job deletes its log; the events themselves end with
    their time."""
    with transaction():
        current = held(receiver.id)
        current.removed_at, current.active = utcnow(), False
        current.url = current.secret = current.previous_secret = ""
        cancel("send_webhooks", current.id)
        enqueue("remove_receiver", current.id, current.installation_id)
        _note_chosen(_installation(current))


def send_test(receiver: WebhookReceiver) -> int:
    """Write a test event for this receiver alone; return its delivery's id. Raise `SwitchedOff`."""
    with transaction() as session:
        current = held_called(receiver.id)
        # A person waits for it.
        current.rests_until = None
        (event,) = write_events(
            TEST, [current], [Happened(utcnow(), {"receiver": str(current.id)})]
        )
        delivery = EventDelivery.of_receiver(current.id).where(EventDelivery.event_id == event.id)
        return session.scalars(delivery).one().id


def held(receiver_id: int) -> WebhookReceiver:
    """Return the receiver locked, inside the caller's transaction, or raise `ReceiverGone`. It is
    locked before its deliveries everywhere, against deadlocks."""
    current = WebhookReceiver.held(receiver_id)
    if current is None:
        raise ReceiverGone
    return current


def held_called(receiver_id: int) -> WebhookReceiver:
    """Return one to which events go; of others raise `SwitchedOff`."""
    current = held(receiver_id)
    if not current.is_called:
        raise SwitchedOff
    return current


def _checked(deps: Dependencies, url: str, events: Iterable[str]) -> tuple[str, list[str]]:
    problems = {}
    settings, chosen = deps.settings, set(events)
    try:
        url = receiver_url(
            url, settings.base_url, private_allowed=settings.webhook_private_networks
        )
    except UnfitUrl as error:
        problems["url"] = error.problem
    if not chosen:
        problems["events"] = Sentence("Choose at least one event.")
    elif not chosen <= EVENT_TYPES.keys():
        problems["events"] = Sentence("There is no such event.")
    if problems:
        raise ReceiverRefused(problems)
    return url, [each for each in EVENT_TYPES if each in chosen]


def _switch(receiver: WebhookReceiver, active: bool) -> None:
    if active and not receiver.is_called:
        EventDelivery.begin_anew(receiver.id, utcnow())
    receiver.active = active
    _begin_anew(receiver)


def _begin_anew(receiver: WebhookReceiver) -> None:
    receiver.halted_at, receiver.halt_reason = None, ""
    receiver.failures, receiver.failing_since, receiver.rests_until = 0, None, None


def _enqueue(receiver: WebhookReceiver) -> None:
    if receiver.is_called:
        enqueue("send_webhooks", receiver.id, receiver.installation_id)


def _installation(receiver: WebhookReceiver) -> Installation:
    return db.session.get_one(Installation, receiver.installation_id)


def _note_chosen(installation: Installation) -> None:
    """Keep on the tenant's row what anybody listens to, inside the caller's transaction."""
    db.session.flush()
    db.session.refresh(installation, with_for_update={"key_share": True})
    receivers: Sequence[WebhookReceiver] = WebhookReceiver.list_owned(installation.id)
    chosen = {event for receiver in receivers if receiver.active for event in receiver.events}
    installation.webhook_events = sorted(chosen)
