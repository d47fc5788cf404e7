"""The counts that writes keep, and the same counted the slow way."""

from typing import Any

from sqlalchemy import Select, func, select

from plugin.models import (
    Activity,
    ActivityChange,
    Broadcast,
    Delivery,
    Friend,
    Linkage,
    LinkClick,
    Recipient,
    StatusChange,
    db,
)
from plugin.models.sending.received_message import ReceivedMessage

STANDING = ("friends", "following", "blocked", "linked")


def kept(account_id: int) -> dict[str, int]:
    """What the account's counts say, of all days together; without those that are zero."""
    found: dict[str, int] = {}
    for model in (Activity, ActivityChange):
        sums = select(model.measure, func.sum(model.n)).group_by(model.measure)
        rows = db.session.execute(sums.where(model.official_account_id == account_id))
        for measure, n in rows.tuples():
            found[measure] = found.get(measure, 0) + int(n)
    return {measure: n for measure, n in found.items() if n}


def there(account_id: int) -> dict[str, int]:
    """What the account's rows say; without links by method, since rows may be unlinked again."""
    friends = select(Friend.id).where(Friend.official_account_id == account_id)
    of_friends = Friend.official_account_id == account_id
    deliveries = select(Delivery.id).where(Delivery.official_account_id == account_id)
    broadcasts = select(Broadcast.id).where(Broadcast.official_account_id == account_id)
    accepted = Delivery.id.in_(deliveries), Delivery.state == "accepted"
    counts = {
        "friends": _many(Friend, of_friends),
        "following": _many(Friend, of_friends, Friend.status == "following"),
        "blocked": _many(Friend, of_friends, Friend.status == "blocked"),
        "linked": _many(Linkage, Linkage.official_account_id == account_id),
        "follows": _changes(friends, "following"),
        "blocks": _changes(friends, "blocked"),
        "received": _many(ReceivedMessage, ReceivedMessage.friend_id.in_(friends)),
        "tapped": db.session.scalar(
            select(func.sum(LinkClick.count)).where(LinkClick.delivery_id.in_(deliveries))
        )
        or 0,
        "free_replies": _many(Delivery, *accepted, Delivery.reply_token != ""),
        "sent": _many(Delivery, *accepted)
        + _many(
            Recipient,
            Recipient.broadcast_id.in_(broadcasts),
            Recipient.state == "sent",
            Recipient.delivery_id.is_(None),
        ),
    }
    return {measure: n for measure, n in counts.items() if n}


def without_methods(counts: dict[str, int]) -> dict[str, int]:
    return {measure: n for measure, n in counts.items() if ":" not in measure}


def _changes(friends: Select[tuple[int]], status: str) -> int:
    return _many(StatusChange, StatusChange.friend_id.in_(friends), StatusChange.status == status)


def _many(model: Any, *conditions: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0
