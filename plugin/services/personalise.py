"""Tokens filled in just before a message goes out, a hundred contacts a read."""

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.core.message_checks import check_messages
from plugin.core.message_part import InvalidMessage
from plugin.core.personalise import fill, property_names
from plugin.core.tracked_links import addresses_of, has_token, personal_addresses, tracked
from plugin.models.base import close_reads, db, transaction
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Contact
from plugin.models.sending import Delivery
from plugin.models.template import TemplateVersion
from plugin.services import Outside
from plugin.services.graphemes import count_clusters
from plugin.services.portal_access import portal
from plugin.services.track_links import Owner, tracker

BATCH = 100
# What Musubi read of a contact so lately is used as it is, without asking HubSpot.
FRESH = timedelta(minutes=10)
KEPT = ("email", "firstname", "lastname")
OWED, FAILED = "owed", "failed"
Messages = list[dict[str, Any]]
# One reader a tenant in each process: whoever waits finds his messages filled with the batch.
_turns: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)


def filled_at_once(messages: Messages, contact: Contact | None) -> Messages | None:
    """The messages filled from what Musubi knows; None where HubSpot has to be asked.

    Raises `InvalidMessage` where a value without a default is missing. For inside a transaction.
    """
    names = property_names(messages)
    if not names:
        return fill(messages, {})
    if contact is None or contact.read_at is None or utcnow() - contact.read_at > FRESH:
        return None
    # A link with the contact's own words can be tracked only when it is filled: that has its job.
    if not set(names) <= set(KEPT) or any(map(has_token, addresses_of(messages))):
        return None
    return fill(messages, {name: getattr(contact, name) for name in KEPT})


def fill_owed(outside: Outside, delivery: Delivery) -> None:
    """Fill this delivery's tokens, and those of up to 99 others of the tenant that wait.

    Raises `InvalidMessage` where this one cannot be filled, `GatewayError` to be tried again.
    """
    if delivery.filling == OWED:
        installation_id = delivery.friend.official_account.installation_id
        close_reads()
        with _turns[installation_id]:
            db.session.refresh(delivery)
            if delivery.filling == OWED:
                _fill_batch(outside, installation_id, delivery)
    if delivery.filling == FAILED:
        raise InvalidMessage(delivery.error)


def values_of(
    outside: Outside, installation_id: int, contact_ids: Sequence[int], names: Sequence[str]
) -> dict[int, Mapping[str, str | None]]:
    """The properties of up to 100 contacts by HubSpot's id; whoever is gone is missing."""
    access = portal(outside, installation_id)
    ids = [str(contact_id) for contact_id in contact_ids]
    batch = outside.gateways.hubspot.read_contacts(access, ids, names)
    return {record.contact_id: record.properties for record in batch.records}


def _fill_batch(outside: Outside, installation_id: int, first: Delivery) -> None:
    batch = _waiting(installation_id, first)
    names = dict.fromkeys(name for one in batch for name in property_names(one.messages))
    contacts = {one.id: _contact_id(one) for one in batch}
    ids = list({number for number in contacts.values() if number})
    values = values_of(outside, installation_id, ids, list(names)) if ids and names else {}
    outcomes = {one.id: _outcome(one.messages, values.get(contacts[one.id], {})) for one in batch}
    untracked = TemplateVersion.untracked({one.template_id for one in batch if one.template_id})
    with transaction():
        for one in batch:
            outcome = outcomes[one.id]
            if isinstance(outcome, str):
                one.filling, one.error = FAILED, outcome[:500]
            elif (one.template_id, one.template_version) in untracked:
                one.filling, one.messages = "", outcome
            else:
                one.filling, one.messages = "", _tracked(outside, one, outcome)


def _tracked(outside: Outside, delivery: Delivery, filled: Messages) -> Messages:
    """Filled messages with those links tracked that are not yet."""
    owner = Owner(delivery.friend_id, personal_addresses(delivery.messages, filled))
    account = delivery.friend.official_account
    return tracked(filled, tracker(outside, account, delivery.retry_key, owner))


def _waiting(installation_id: int, first: Delivery) -> list[Delivery]:
    accounts = OfficialAccount.owned(installation_id).with_only_columns(OfficialAccount.id)
    others = select(Delivery).where(
        Delivery.official_account_id.in_(accounts.order_by(None)),
        Delivery.filling == OWED,
        Delivery.settled_at.is_(None),
        Delivery.id > first.id,
    )
    return [first, *db.session.scalars(others.order_by(Delivery.id).limit(BATCH - 1)).unique()]


def _contact_id(delivery: Delivery) -> int:
    """HubSpot's id of the friend's contact; 0 where nobody is tied, whose values are all empty."""
    linkage = delivery.friend.linkage
    return linkage.contact.contact_id if linkage else 0


def _outcome(messages: Messages, values: Mapping[str, str | None]) -> Messages | str:
    """The filled messages, judged again for length; or why there are none."""
    try:
        filled = fill(messages, values)
        check_messages(filled, count_clusters)
    except InvalidMessage as error:
        return str(error)
    return filled
