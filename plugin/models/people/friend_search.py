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

from plugin.models.base import db
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage


class FriendFilter(NamedTuple):
    """Filters; None and "" leave one out. `q` is a part of a name or address."""

    linked: bool | None = None
    status: str = ""
    q: str = ""
    tag: str = ""
    official_account: int | None = None


def find_friends(installation_id: int, filters: FriendFilter) -> Select[tuple[Friend]]:
    statement = Friend.owned(installation_id)
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


def has_tag(tag: str) -> ColumnElement[bool]:
    # Tags are a JSON list, which each database opens by a function of its own.
    dialect = db.session().get_bind().dialect.name
    opened = func.json_each if dialect == "sqlite" else func.json_array_elements_text
    element = opened(Friend.tags).table_valued("value")
    return exists(select(literal_column("1")).select_from(element).where(element.c.value == tag))


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
