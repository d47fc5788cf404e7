"""Pages of the list of friends in each of its orders, read from an index however many there are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, literal, select, tuple_, union_all
from sqlalchemy.orm import aliased, selectinload

from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend import Friend
from plugin.models.people.friend_search import FriendFilter, carries, friend_conditions
from plugin.models.people.linkage import Linkage
from plugin.models.people.tag import FEW, FriendTag, Tag, beginning_with

# Conditions may ask for linkages of their own.
_Linkage = aliased(Linkage)
# What friends are sorted by. The linked alone stand in the order of their linkages.
ORDERS: dict[str, Any] = {
    "seen": Friend.id,
    "name": Friend.display_name,
    "linked": _Linkage.linked_at,
    # "seen", where only who is linked fits.
    "linked_seen": _Linkage.friend_id,
    # The same, where only who carries a tag fits.
    "tagged_seen": FriendTag.friend_id,
    "message": Friend.last_received_at,
    "change": Friend.status_since,
}


class Order(NamedTuple):
    """`by`: a key of `ORDERS`. Friends without a value stand last, the newest of them first."""

    by: str = "seen"
    descending: bool = True

    @property
    def column(self) -> Any:
        return ORDERS[self.by]

    @property
    def is_of_linkages(self) -> bool:
        return self.by in ("linked", "linked_seen")

    @property
    def has_gaps(self) -> bool:
        return self.by in ("message", "change")


class LastShown(NamedTuple):
    """The friend with whom the page before ended, and the value that they had then."""

    friend_id: int
    value: datetime | None = None


def page_of_friends(
    installation_id: int,
    filters: FriendFilter,
    order: Order,
    limit: int,
    after: LastShown | None = None,
) -> list[Friend]:
    """Return up to so many friends who match, after the last one shown. Raise `RuleError`."""
    tag = Tag.by_name(installation_id, [filters.tag]).get(filters.tag)
    others = friend_conditions(installation_id, filters._replace(tag=""))
    if filters.tag and tag is None:
        return []
    order, conditions = _begun(order, filters, tag)
    account_ids = OfficialAccount.owned_ids(installation_id)
    if filters.official_account is not None:
        account_ids = account_ids.where(OfficialAccount.id == filters.official_account)
    # Databases sort all friends of several accounts, so each account is asked for its own.
    accounts = db.session.scalars(account_ids).all()
    ids: list[int] = []
    if not (order.has_gaps and after is not None and after.value is None):
        beyond = _beyond(order, after)
        if order.has_gaps:
            beyond.append(order.column.is_not(None))
        ids = _first(accounts, order, [*conditions, *others, *beyond], limit)
        after = None
    if order.has_gaps and len(ids) < limit:
        by_id, conditions = _begun(Order(), filters, tag)
        without = [*conditions, *others, order.column.is_(None), *_beyond(by_id, after)]
        ids += _first(accounts, by_id, without, limit - len(ids))
    rows = select(Friend).where(Friend.id.in_(ids)).options(selectinload(Friend.given_tags))
    friends = db.session.scalars(rows).unique()
    found = {friend.id: friend for friend in friends}
    return [found[friend_id] for friend_id in ids if friend_id in found]


def _begun(
    order: Order, filters: FriendFilter, tag: Tag | None
) -> tuple[Order, list[ColumnElement[bool]]]:
    """Return the order with the condition of the tag. Where friends stand by their ids, the
    statement begins with the rows of the tag, or with the linkages."""
    by_id = order.by == "seen"
    if by_id and tag is not None and not (filters.linked and tag.friends >= FEW):
        return order._replace(by="tagged_seen"), beginning_with(tag, Friend.__table__.c.id)
    begun = order._replace(by="linked_seen") if by_id and filters.linked else order
    return begun, [] if tag is None else [carries(tag)]


def _beyond(order: Order, after: LastShown | None) -> list[ColumnElement[bool]]:
    if after is None:
        return []
    if len(_keys(order)) == 1:
        column = order.column
        return [column < after.friend_id if order.descending else column > after.friend_id]
    value: ColumnElement[Any] = literal(after.value, order.column.type)
    if order.by == "name":
        # Names stay out of addresses.
        last = aliased(Friend)
        value = select(last.display_name).where(last.id == after.friend_id).scalar_subquery()
    keys, place = tuple_(*_keys(order)), tuple_(value, literal(after.friend_id))
    return [keys < place if order.descending else keys > place]


def _keys(order: Order) -> tuple[Any, ...]:
    if order.by in ("seen", "linked_seen", "tagged_seen"):
        return (order.column,)
    return order.column, _Linkage.friend_id if order.is_of_linkages else Friend.id


def _first(
    account_ids: Sequence[int],
    order: Order,
    conditions: Sequence[ColumnElement[bool]],
    limit: int,
) -> list[int]:
    if not account_ids:
        return []
    own = [_of_account(account_id, order, conditions, limit) for account_id in account_ids]
    found = union_all(*(select(*rows.subquery().c) for rows in own)).subquery()
    sorted_rows = _sorted(select(found.c.friend_id), tuple(found.c)[1:], order).limit(limit)
    return list(db.session.scalars(sorted_rows))


def _of_account(
    account_id: int, order: Order, conditions: Sequence[ColumnElement[bool]], limit: int
) -> Select[Any]:
    keys = _keys(order)
    named = [key.label(f"key_{place}") for place, key in enumerate(keys)]
    statement = select(Friend.id.label("friend_id"), *named)
    if order.is_of_linkages:
        statement = statement.join(_Linkage, _Linkage.friend_id == Friend.id)
        statement = statement.where(_Linkage.official_account_id == account_id)
    else:
        statement = statement.where(Friend.official_account_id == account_id)
    return _sorted(statement.where(*conditions), keys, order).limit(limit)


def _sorted(statement: Select[Any], keys: Sequence[Any], order: Order) -> Select[Any]:
    return statement.order_by(*(key.desc() if order.descending else key.asc() for key in keys))
