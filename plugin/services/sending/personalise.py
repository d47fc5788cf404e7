"""Fills tokens with what HubSpot holds just before the send, a hundred contacts per read. Musubi's
own copy of a contact is never used, and filled text that has waited too long is filled again."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select, update

from plugin.core.clock import utcnow
from plugin.core.messages.checks import check_messages
from plugin.core.messages.part import InvalidMessage, count_clusters
from plugin.core.messages.personalise import PropertyValues, fill, property_names
from plugin.core.messages.tracked_links import personal_addresses, tracked
from plugin.gateways import GatewayError
from plugin.models.base import db, db_now_ms
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.recipient import Recipient
from plugin.models.broadcasts.variant import Variant
from plugin.models.connections.installation import Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.sending.delivery import OF_A_BATCH, OPEN, Delivery
from plugin.models.sending.template_version import TemplateVersion
from plugin.models.system.job import Job
from plugin.models.transaction import affected, close_reads, transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.contacts.known_properties import Shapes, shapes_for
from plugin.services.contacts.property_words import words_for
from plugin.services.sending.tracked_links import Owner, tracker

BATCH = 100
PENDING, READING, FAILED = "owed", "reading", "failed"
# One reader has a batch to itself this long, which is longer than any response takes.
CLAIM = timedelta(seconds=30)
# When to look again while another worker reads, and after HubSpot failed.
SOON, LATER = timedelta(seconds=1), timedelta(seconds=3)
# Text that waited longer for the first try is filled again.
FRESH = timedelta(minutes=1)
Messages = list[dict[str, Any]]


class Values(NamedTuple):
    """HubSpot's values: properties by contact id, and how to show them."""

    by_contact: Mapping[int, Mapping[str, str | None]]
    shapes: Shapes


NOTHING = Values({}, Shapes({}, {}, ""))


class Links(NamedTuple):
    """How the links of a batch are written: the ids of deliveries whose links stay as they are,
    campaigns by broadcast, and the rows of known addresses by account and fingerprint."""

    as_written: Collection[int]
    campaigns: Mapping[int | None, str]
    targets: dict[int, dict[str, int]]


def filled_at_once(messages: Messages) -> Messages | None:
    """Return messages that hold no token; None where HubSpot has to be read. Makes no query."""
    return None if property_names(messages) else fill(messages, {})


def is_stale(delivery: Delivery, now: datetime) -> bool:
    """Whether filled text has waited too long. After the first try it must stay as it is."""
    if delivery.written is None or delivery.filled_at is None or delivery.first_tried_at:
        return False
    return delivery.filling == "" and now - delivery.filled_at > FRESH


def fill_pending(deps: Dependencies, delivery: Delivery) -> datetime | None:
    """Fill this delivery and up to 99 others of the tenant that are due; return when to look again
    if another worker does. Raise `InvalidMessage` for this one, `GatewayError` to be retried."""
    if is_stale(delivery, utcnow()):
        _restore_tokens(delivery)
    if delivery.filling in (PENDING, READING):
        close_reads()
        batch = _claim(delivery)
        if batch:
            _fill_batch(deps, batch)
        db.session.refresh(delivery)
    if delivery.filling in (PENDING, READING):
        return min(delivery.filling_until or utcnow(), utcnow() + SOON)
    if delivery.filling == FAILED:
        raise InvalidMessage(delivery.error)
    return None


def _restore_tokens(delivery: Delivery) -> None:
    unfilled = update(Delivery).where(
        Delivery.id == delivery.id, Delivery.filling == "", Delivery.first_tried_at.is_(None)
    )
    unfill = unfilled.values(messages=Delivery.written, filling=PENDING)
    with transaction():
        affected(unfill.execution_options(synchronize_session=False))
    db.session.refresh(delivery)


def _claim(first: Delivery) -> list[Delivery]:
    """Return the deliveries that this caller may fill; none where another worker has `first`."""
    now = utcnow()
    expired = and_(Delivery.filling == READING, Delivery.filling_until < now)
    free = or_(Delivery.filling == PENDING, expired)
    with transaction():
        ids = [first.id, *_others_due(first, free)]
        rows = select(Delivery).where(Delivery.id.in_(ids), free).order_by(Delivery.id)
        rows = rows.with_for_update(of=Delivery, skip_locked=True).options(*OF_A_BATCH)
        claimed = list(db.session.scalars(rows.execution_options(populate_existing=True)).unique())
        if first not in claimed:
            return []
        for delivery in claimed:
            delivery.filling, delivery.filling_until = READING, now + CLAIM
    return claimed


def _others_due(first: Delivery, free: ColumnElement[bool]) -> list[int]:
    # Deliveries due later are left out: their text would be old by then.
    installation_id = first.friend.official_account.installation_id
    accounts = OfficialAccount.owned(installation_id).with_only_columns(OfficialAccount.id)
    waiting = select(Delivery.id).where(
        Delivery.official_account_id.in_(accounts.order_by(None)),
        OPEN,
        free,
        Delivery.id != first.id,
        Delivery.broadcast_id.is_not_distinct_from(first.broadcast_id),
    )
    delivery_ids = db.session.scalars(waiting.order_by(Delivery.id).limit(2 * BATCH)).all()
    if first.broadcast_id is not None:
        # All that a broadcast has claimed are due, without a job for each.
        return list(delivery_ids[: BATCH - 1])
    due = select(Job.key).where(
        Job.kind == "deliver",
        Job.key.in_([str(delivery_id) for delivery_id in delivery_ids]),
        Job.failed.is_(False),
        or_(Job.owner != "", Job.ready_ms <= db_now_ms()),
    )
    keys = set(db.session.scalars(due))
    return [delivery_id for delivery_id in delivery_ids if str(delivery_id) in keys][: BATCH - 1]


def _fill_batch(deps: Dependencies, batch: Sequence[Delivery]) -> None:
    """Read the batch's values and fill them in. Raise `GatewayError`, with all still pending."""
    contacts = {delivery.id: _contact_id(delivery) for delivery in batch}
    try:
        values = _values(deps, batch, contacts)
    except GatewayError as error:
        _postpone(batch, error.retry_at)
        raise
    outcomes = {
        delivery.id: _outcome(delivery, values, contacts[delivery.id]) for delivery in batch
    }
    links = Links(_untracked(batch), _campaigns(batch), {})
    rows = select(Delivery).where(
        Delivery.id.in_(outcomes), Delivery.filling == READING, Delivery.settled_at.is_(None)
    )
    rows = rows.order_by(Delivery.id).with_for_update(of=Delivery).options(*OF_A_BATCH)
    with transaction() as session:
        # Deliveries that were erased or given up meanwhile stay so.
        deliveries = session.scalars(rows.execution_options(populate_existing=True)).unique()
        # All are written with one statement in the end.
        with session.no_autoflush:
            for delivery in deliveries:
                _store_outcome(deps, delivery, outcomes[delivery.id], links)


def _untracked(batch: Sequence[Delivery]) -> set[int]:
    """Return the ids of those whose links stay as they are written."""
    versions = {d.id: (d.template_id, d.template_version) for d in batch if d.broadcast_id is None}
    untracked = TemplateVersion.untracked({name for name, _ in versions.values() if name})
    as_written = {id_ for id_, version in versions.items() if version in untracked}
    of_broadcasts = [delivery.id for delivery in batch if delivery.broadcast_id is not None]
    if of_broadcasts:
        as_written |= set(
            db.session.scalars(
                select(Recipient.delivery_id)
                .join(Variant, and_(
                    Variant.broadcast_id == Recipient.broadcast_id,
                    Variant.number == Recipient.variant,
                ))
                .where(Recipient.delivery_id.in_(of_broadcasts), Variant.tracks_links.is_(False))
            )
        )  # fmt: skip
    return as_written


def _campaigns(batch: Sequence[Delivery]) -> dict[int | None, str]:
    """Return what the links of each broadcast name as their campaign."""
    ids = {delivery.broadcast_id for delivery in batch if delivery.broadcast_id is not None}
    return {broadcast_id: Broadcast.campaign_utm(broadcast_id) for broadcast_id in ids}


def _values(deps: Dependencies, batch: Sequence[Delivery], contacts: Mapping[int, int]) -> Values:
    named = dict.fromkeys(name for delivery in batch for name in property_names(delivery.messages))
    ids = [str(contact_id) for contact_id in set(contacts.values()) if contact_id]
    if not named or not ids:
        return NOTHING
    installation = Installation.by_id(batch[0].friend.official_account.installation_id)
    if installation is None:
        return NOTHING
    access = portal_access(deps, installation.id)
    response = deps.gateways.hubspot.read_contacts(access, ids, list(named))
    by_contact = {record.contact_id: record.properties for record in response.records}
    texts: defaultdict[str, set[str]] = defaultdict(set)
    for properties in by_contact.values():
        for name in named:
            value = (properties.get(name) or "").strip()
            if value:
                texts[name].add(value)
    return Values(by_contact, shapes_for(deps, access, installation, texts))


def _postpone(batch: Sequence[Delivery], until: datetime | None) -> None:
    # The first is retried by its own job; the others need not each meet the same error.
    first_id, *other_ids = (delivery.id for delivery in batch)
    reading = update(Delivery).where(Delivery.filling == READING)
    release_first = reading.where(Delivery.id == first_id).values(
        filling=PENDING, filling_until=None
    )
    postpone_others = reading.where(Delivery.id.in_(other_ids)).values(
        filling_until=until or utcnow() + LATER
    )
    with transaction():
        for statement in (release_first, postpone_others):
            affected(statement.execution_options(synchronize_session=False))


def _store_outcome(
    deps: Dependencies, delivery: Delivery, outcome: Messages | str, links: Links
) -> None:
    delivery.filling_until = None
    if isinstance(outcome, str):
        delivery.filling, delivery.error = FAILED, outcome[:500]
        return
    written = delivery.messages
    as_written = delivery.id in links.as_written
    filled = outcome if as_written else _tracked(deps, delivery, outcome, links)
    delivery.filling, delivery.messages, delivery.filled_at = "", filled, utcnow()
    delivery.written = written if property_names(written) else None


def _tracked(deps: Dependencies, delivery: Delivery, filled: Messages, links: Links) -> Messages:
    owner = Owner(delivery.friend_id, personal_addresses(delivery.messages, filled))
    account = delivery.friend.official_account
    known = links.targets.setdefault(account.id, {})
    utm = links.campaigns.get(delivery.broadcast_id, "")
    return tracked(filled, tracker(deps, account, delivery.retry_key, owner, known, utm=utm))


def _contact_id(delivery: Delivery) -> int:
    # Without a contact, all values are empty.
    linkage = delivery.friend.linkage
    return linkage.contact.contact_id if linkage else 0


def _outcome(delivery: Delivery, values: Values, contact_id: int) -> Messages | str:
    """Return the filled messages, or why there are none: filled text may be too long."""
    properties = values.by_contact.get(contact_id, {})
    try:
        words: PropertyValues = words_for(properties, values.shapes, delivery.friend.language)
        filled = fill(delivery.messages, words)
        check_messages(filled, count_clusters)
    except InvalidMessage as error:
        return str(error)
    return filled
