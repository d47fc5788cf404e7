"""What each event says: ids and facts that the API shows too, and no words of friends."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from plugin.core.webhooks.event_types import (
    ANSWER_GIVEN,
    BROADCAST_FINISHED,
    FRIEND_LINKED,
    FRIEND_MOVED,
    FRIEND_UNLINKED,
    LINK_TAPPED,
    MESSAGE_RECEIVED,
)
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.connections.installation import Installation
from plugin.models.people.friend import Friend
from plugin.models.sending.delivery import Delivery
from plugin.models.sending.link_target import LinkTarget
from plugin.models.sending.question import Question
from plugin.services.outgoing.events import Happened, announce, announce_all

# By the events of the linkage history.
_OF_HISTORY = {"linked": FRIEND_LINKED, "unlinked": FRIEND_UNLINKED, "moved": FRIEND_MOVED}
Facts = dict[str, Any]


class LinkedPair(NamedTuple):
    """A friend and a contact by LINE's and HubSpot's ids."""

    friend_id: int
    line_user_id: str
    contact_id: int


def linkage_changed(
    friend: Friend, event: str, contact_id: int, method: str, before: Facts, at: datetime
) -> None:
    """Tell of an entry of the linkage history; `event` and `before` are the entry's."""

    def happened() -> Happened:
        data = {**_friend(friend, contact_id), "method": method}
        if event == "moved":
            data["from_contact_id"] = str(before.get("contact_id", ""))
        return Happened(at, data, friend.id)

    if event in _OF_HISTORY:
        announce(friend.official_account.installation, _OF_HISTORY[event], happened)


def many_linked(
    installation_id: int,
    account_id: int,
    method: str,
    pairs: Callable[[], Iterable[LinkedPair]],
    at: datetime,
) -> None:
    """Tell of links that a few statements made; `pairs` are read where somebody listens."""

    def happened() -> list[Happened]:
        return [
            Happened(at, {**_ids(account_id, *pair), "method": method}, pair.friend_id)
            for pair in pairs()
        ]

    installation = db.session.get_one(Installation, installation_id)
    announce_all(installation, FRIEND_LINKED, happened)


def message_received(friend: Friend, kind: str, message_id: str, at: datetime) -> None:
    def happened() -> Happened:
        message = {"id": message_id, "type": kind}
        return Happened(at, {**_friend(friend, _contact_id(friend)), "message": message}, friend.id)

    announce(friend.official_account.installation, MESSAGE_RECEIVED, happened)


def link_tapped(delivery: Delivery, target: LinkTarget, at: datetime) -> None:
    friend = delivery.friend

    def happened() -> Happened:
        data = {
            **_friend(friend, _contact_id(friend)),
            "delivery": str(delivery.id),
            "broadcast": None if delivery.broadcast_id is None else str(delivery.broadcast_id),
            # A personal address holds a contact's own values.
            "url": "" if target.friend_id is not None else target.url,
        }
        return Happened(at, data, friend.id)

    announce(friend.official_account.installation, LINK_TAPPED, happened)


def answer_given(question: Question, choice: str, at: datetime, *, late: bool) -> None:
    friend = question.friend

    def happened() -> Happened:
        data = {
            **_friend(friend, _contact_id(friend)),
            "callback_id": question.action_call.callback_id,
            "answer": choice,
            "late": late,
        }
        return Happened(at, data, friend.id)

    announce(friend.official_account.installation, ANSWER_GIVEN, happened)


def broadcast_ended(broadcast: Broadcast, at: datetime) -> None:
    """Tell that nobody waits for this broadcast any more: it was finished, or cancelled."""
    account = broadcast.official_account

    def happened() -> Happened:
        data = {
            "official_account": str(account.id),
            "broadcast": str(broadcast.id),
            "name": broadcast.name,
            "state": broadcast.state,
        }
        return Happened(at, data)

    announce(account.installation, BROADCAST_FINISHED, happened)


def _friend(friend: Friend, contact_id: int | None) -> Facts:
    return _ids(friend.official_account_id, friend.id, friend.line_user_id, contact_id)


def _ids(account_id: int, friend_id: int, line_user_id: str, contact_id: int | None) -> Facts:
    return {
        "official_account": str(account_id),
        "friend": str(friend_id),
        "line_user_id": line_user_id,
        "contact_id": None if contact_id is None else str(contact_id),
    }


def _contact_id(friend: Friend) -> int | None:
    return None if friend.linkage is None else friend.linkage.contact.contact_id
