"""The orders of the list of friends, and the position in it, as its address carries them."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict

from plugin.models.people.friend import Friend
from plugin.models.people.friend_pages import ORDERS, LastShown, Order
from plugin.web.owned import row_id

# By how the address names them; "-" stands for descending, "" is the order of the start.
SORTS = {
    "": lazy_gettext("Newest first"),
    "seen": lazy_gettext("Oldest first"),
    "name": lazy_gettext("Name, A to Z"),
    "-name": lazy_gettext("Name, Z to A"),
    "-message": lazy_gettext("Last message, newest first"),
    "message": lazy_gettext("Last message, oldest first"),
    "-linked": lazy_gettext("Linked, newest first"),
    "linked": lazy_gettext("Linked, oldest first"),
    "-change": lazy_gettext("Status changed, newest first"),
    "change": lazy_gettext("Status changed, oldest first"),
}


class Heading(NamedTuple):
    """What a heading says of the order: `sort` is the order that it leads to, `aria` the state."""

    sort: str
    aria: str


def read_sort(text: str, linked: str) -> str:
    """Return a key of `SORTS`; friends who are not linked do not stand in order of linkages."""
    if text not in SORTS or (text.endswith("linked") and linked == "no"):
        return ""
    return text


def order_of(sort: str) -> Order:
    return Order(sort.removeprefix("-"), sort.startswith("-")) if sort else Order()


def heading(by: str, sort: str) -> Heading:
    """Return where the heading of a column leads: to its usual direction, then to the other."""
    order = order_of(sort)
    usual = by if by == "name" else f"-{by}"
    if by not in ORDERS or order.by != by:
        return Heading(usual, "none")
    other = by if order.descending else f"-{by}"
    return Heading(other, "descending" if order.descending else "ascending")


def last_shown(args: "MultiDict[str, str]") -> LastShown | None:
    """Read the position: `before` is a friend's id, `at` the moment by which they were sorted."""
    friend_id, at = row_id(args.get("before", "")), args.get("at", "")
    if not friend_id:
        return None
    try:
        return LastShown(friend_id, datetime.fromisoformat(at).astimezone(UTC) if at else None)
    except (ValueError, OverflowError):
        return None


def position(friend: Friend, sort: str) -> dict[str, Any]:
    """Return the query arguments that continue after this friend."""
    moment = sorted_by(friend, sort)
    at = {"at": moment.isoformat()} if moment is not None else {}
    return {"before": str(friend.id), **at}


def sorted_by(friend: Friend, sort: str) -> datetime | None:
    by = order_of(sort).by
    if by == "linked":
        return friend.linkage.linked_at if friend.linkage else None
    return {"message": friend.last_received_at, "change": friend.status_since}.get(by)
