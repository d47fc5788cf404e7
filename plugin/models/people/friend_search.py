"""Search for friends by the filters of the list."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, exists, false, func, select

from plugin.models.audience.checked_rule import in_segment
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.find_people import matches
from plugin.models.people.friend import UNKNOWN, Friend
from plugin.models.people.linkage import Linkage
from plugin.models.people.tag import FEW, Tag, beginning_with, has_tag
from plugin.models.system.activity import BLOCKED, FOLLOWING, FRIENDS, LINKED, totals

# Who fits is counted up to here: beyond, the exact number would take reading all friends.
MOST_COUNTED = 1_000


class FriendFilter(NamedTuple):
    """Filters; None, "" and () leave one out. `q`: beginnings of words of names, addresses and ids.
    `ids`: friends who were chosen one by one."""

    linked: bool | None = None
    status: str = ""
    q: str = ""
    tag: str = ""
    official_account: int | None = None
    segment: int | None = None
    ids: Sequence[int] = ()


def find_friends(
    installation_id: int, filters: FriendFilter, *, one_by_one: bool = False
) -> Select[tuple[Friend]]:
    """Select the matching friends. Raise `RuleError` where the segment is gone or names something
    that is. `one_by_one`: a few of them are read, in the order of ids."""
    conditions = friend_conditions(installation_id, filters, one_by_one=one_by_one)
    if filters.official_account is not None:
        conditions.append(Friend.official_account_id == filters.official_account)
    return Friend.owned(installation_id).where(*conditions)


def friend_conditions(
    installation_id: int, filters: FriendFilter, *, one_by_one: bool = False
) -> list[ColumnElement[bool]]:
    """Return what `find_friends` asks for, but for the Official Account. Raise as it does."""
    conditions: list[ColumnElement[bool]] = []
    if filters.segment is not None:
        conditions.append(in_segment(installation_id, filters.segment, one_by_one=one_by_one))
    if filters.linked is not None:
        linked = exists().where(Linkage.friend_id == Friend.id)
        conditions.append(linked if filters.linked else ~linked)
    if filters.status:
        conditions.append(Friend.status == filters.status)
    if filters.tag:
        tag = Tag.by_name(installation_id, [filters.tag]).get(filters.tag)
        conditions.append(false() if tag is None else carries(tag))
    if filters.ids:
        conditions.append(Friend.id.in_(filters.ids))
    if filters.q.strip():
        conditions.append(matches(installation_id, filters.q))
    return conditions


def carries(tag: Tag) -> ColumnElement[bool]:
    return has_tag(Friend.__table__.c.id, [tag], one_by_one=tag.friends >= FEW)


class Matching(NamedTuple):
    """How many fit, or more than that."""

    number: int
    is_more: bool = False


def count_matching(installation_id: int, filters: FriendFilter) -> Matching:
    """Count who fits, up to `MOST_COUNTED` where nobody keeps count. Raise as `find_friends`."""
    kept = _kept_count(installation_id, filters)
    if kept is not None:
        return Matching(kept)
    tag = Tag.by_name(installation_id, [filters.tag]).get(filters.tag)
    if filters.tag and tag is None:
        return Matching(0)
    others = filters._replace(tag="")
    found = find_friends(installation_id, others).with_only_columns(Friend.id)
    if tag is not None:
        found = found.where(*beginning_with(tag, Friend.__table__.c.id))
    few = found.limit(MOST_COUNTED + 1).subquery()
    number = db.session.scalar(select(func.count()).select_from(few)) or 0
    return Matching(min(number, MOST_COUNTED), is_more=number > MOST_COUNTED)


def _kept_count(installation_id: int, filters: FriendFilter) -> int | None:
    """Return the count that writes keep, of all friends, or of one status or linkage."""
    everybody = FriendFilter(official_account=filters.official_account)
    if filters not in (
        everybody,
        everybody._replace(linked=filters.linked),
        everybody._replace(status=filters.status),
    ):
        return None
    account_ids = OfficialAccount.owned_ids(installation_id)
    if filters.official_account is not None:
        account_ids = account_ids.where(OfficialAccount.id == filters.official_account)
    standing = totals(account_ids)
    linked, status = filters.linked, filters.status
    if linked is not None:
        return standing[LINKED] if linked else standing[FRIENDS] - standing[LINKED]
    if status == UNKNOWN:
        return standing[FRIENDS] - standing[FOLLOWING] - standing[BLOCKED]
    return standing.get(status, 0) if status else standing[FRIENDS]


def count_friends(installation_id: int) -> dict[str, int]:
    """Return how many friends a tenant has: "all" and "linked"."""
    standing = totals(OfficialAccount.owned_ids(installation_id))
    return {"all": standing[FRIENDS], "linked": standing[LINKED]}
