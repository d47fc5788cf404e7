"""Search for the people of a broadcast by what became of them and what they did."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, select

from plugin.models.broadcasts.recipient import SENT, Recipient
from plugin.models.people.friend import Friend
from plugin.models.sending.link_click import LinkClick


class RecipientFilter(NamedTuple):
    """`tapped`: a tracked link of this broadcast; `replied`: wrote to the account since. Without a
    state both ask those who got it."""

    state: str = ""
    reason: str = ""
    variant: int | None = None
    tapped: bool | None = None
    replied: bool | None = None


def conditions(broadcast_id: int, query: RecipientFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Recipient.broadcast_id == broadcast_id]
    asks_what_they_did = (query.tapped, query.replied) != (None, None)
    state = query.state or (SENT if asks_what_they_did else "")
    if state:
        found.append(Recipient.state == state)
    if query.reason:
        found.append(Recipient.reason == query.reason)
    if query.variant is not None:
        found.append(Recipient.variant == query.variant)
    for wanted, is_true in ((query.tapped, _tapped()), (query.replied, _replied())):
        if wanted is not None:
            found.append(is_true if wanted else ~is_true)
    return found


def _tapped() -> ColumnElement[bool]:
    return exists(
        select(LinkClick.delivery_id)
        .where(LinkClick.delivery_id == Recipient.delivery_id)
        .correlate(Recipient)
    )


def _replied() -> ColumnElement[bool]:
    return exists(
        select(Friend.id)
        .where(Friend.id == Recipient.friend_id, Friend.last_received_at > Recipient.settled_at)
        .correlate(Recipient)
    )
