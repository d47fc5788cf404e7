"""Search for friends by the filters of the list."""

from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from plugin.models.audience.checked_rule import in_segment
from plugin.models.base import db
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend, has_tag
from plugin.models.people.linkage import Linkage


class FriendFilter(NamedTuple):
    """Filters; None and "" leave one out. `q` is a part of a name or address."""

    linked: bool | None = None
    status: str = ""
    q: str = ""
    tag: str = ""
    official_account: int | None = None
    segment: int | None = None


def find_friends(
    installation_id: int, filters: FriendFilter, *, one_by_one: bool = False
) -> Select[tuple[Friend]]:
    """Select the matching friends. Raise `RuleError` where the segment is gone or names something
    that is. `one_by_one`: a few of them are read, in the order of ids."""
    statement = Friend.owned(installation_id)
    if filters.segment is not None:
        chosen = in_segment(installation_id, filters.segment, one_by_one=one_by_one)
        statement = statement.where(chosen)
    if filters.linked is not None:
        linked = exists().where(Linkage.friend_id == Friend.id)
        statement = statement.where(linked if filters.linked else ~linked)
    if filters.status:
        statement = statement.where(Friend.status == filters.status)
    if filters.tag:
        statement = statement.where(has_tag(filters.tag))
    if filters.official_account is not None:
        statement = statement.where(Friend.official_account_id == filters.official_account)
    return statement.where(_matches(filters.q)) if filters.q.strip() else statement


def _matches(q: str) -> ColumnElement[bool]:
    words = q.split()
    linked: Select[tuple[Any]] = select(literal_column("1")).where(
        Linkage.friend_id == Friend.id, Linkage.contact_row_id == Contact.id
    )
    contact: list[Any] = [Contact.email, Contact.firstname, Contact.lastname]
    contact.append(cast(Contact.contact_id, String))
    own = [Friend.display_name, Friend.line_user_id]
    # Every word must match, so that "Alice Example" finds her by both her names.
    met = [
        or_(
            *(column.icontains(word, autoescape=True) for column in own),
            exists(
                linked.where(or_(*(field.icontains(word, autoescape=True) for field in contact)))
            ),
        )
        for word in words
    ]
    return and_(*met)


def count_friends(installation_id: int) -> dict[str, int]:
    """Return how many friends a tenant has: "all", "linked", and by status."""
    rows = Friend.owned(installation_id).with_only_columns(Friend.status, func.count())
    by_status = dict(db.session.execute(rows.group_by(Friend.status)).tuples().all())
    linkages = Linkage.owned(installation_id).with_only_columns(func.count())
    linked = db.session.scalar(linkages) or 0
    return {"all": sum(by_status.values()), "linked": linked, **by_status}
