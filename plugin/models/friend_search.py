"""Finding friends: the filters of the list, put together in the database's own words."""

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
from plugin.models.people import Contact, Friend, Linkage


class FriendFilter(NamedTuple):
    """What is looked for; None and "" leave a filter out. `q` is a part of a name or address."""

    linked: bool | None = None
    status: str = ""
    q: str = ""
    tag: str = ""
    official_account: int | None = None


def find_friends(installation_id: int, wanted: FriendFilter) -> Select[tuple[Friend]]:
    """The tenant's friends that pass every filter, in no order yet."""
    found = Friend.owned(installation_id)
    if wanted.linked is not None:
        tied = exists().where(Linkage.friend_id == Friend.id)
        found = found.where(tied if wanted.linked else ~tied)
    if wanted.status:
        found = found.where(Friend.status == wanted.status)
    if wanted.tag:
        found = found.where(_has_tag(wanted.tag))
    if wanted.official_account is not None:
        found = found.where(Friend.official_account_id == wanted.official_account)
    return found.where(_speaks_of(wanted.q)) if wanted.q.strip() else found


def _has_tag(tag: str) -> ColumnElement[bool]:
    """Tags are a JSON list, which each database opens by a function of its own."""
    dialect = db.session().get_bind().dialect.name
    opened = func.json_each if dialect == "sqlite" else func.json_array_elements_text
    one = opened(Friend.tags).table_valued("value")
    return exists(select(literal_column("1")).select_from(one).where(one.c.value == tag))


def _speaks_of(q: str) -> ColumnElement[bool]:
    """The friend's name or LINE user id, or the contact's name, e-mail address or HubSpot id."""
    words = q.split()
    tied: Select[tuple[Any]] = select(literal_column("1")).where(
        Linkage.friend_id == Friend.id, Linkage.contact_row_id == Contact.id
    )
    contact: list[Any] = [Contact.email, Contact.firstname, Contact.lastname]
    contact.append(cast(Contact.contact_id, String))
    own = [Friend.display_name, Friend.line_user_id]
    # Every word must be found, so that "Alice Example" finds her by both her names.
    met = [
        or_(
            *(column.icontains(word, autoescape=True) for column in own),
            exists(tied.where(or_(*(one.icontains(word, autoescape=True) for one in contact)))),
        )
        for word in words
    ]
    return and_(*met)


def count_friends(installation_id: int) -> dict[str, int]:
    """How many friends a tenant has: in all, by status, and linked."""
    mine = Friend.owned(installation_id).with_only_columns(Friend.status, func.count())
    by_status = dict(db.session.execute(mine.group_by(Friend.status)).tuples().all())
    ties = Linkage.owned(installation_id).with_only_columns(func.count())
    linked = db.session.scalar(ties) or 0
    return {"all": sum(by_status.values()), "linked": linked, **by_status}
