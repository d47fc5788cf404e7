"""The filter of the list of friends, as its address carries it."""

from typing import Any, NamedTuple

from werkzeug.datastructures import MultiDict

from plugin.models.base import db
from plugin.models.people.friend import BLOCKED, FOLLOWING, UNKNOWN, Friend
from plugin.models.people.friend_search import FriendFilter, find_friends
from plugin.web.owned import row_id

PAGE = 50
STATUSES = (FOLLOWING, BLOCKED, UNKNOWN)
LINKED = {"yes": True, "no": False}


class FriendQuery(NamedTuple):
    """The query string's filter; an invalid value counts as absent."""

    q: str = ""
    linked: str = ""
    status: str = ""
    tag: str = ""
    account: int = 0
    before: int = 0

    @classmethod
    def of(cls, args: "MultiDict[str, str]") -> "FriendQuery":
        """Read a query string. `before`: the page holds ids below it."""
        linked, status = args.get("linked", ""), args.get("status", "")
        return cls(
            args.get("q", "").strip()[:200].replace("\0", ""),
            linked if linked in LINKED else "",
            status if status in STATUSES else "",
            " ".join(args.get("tag", "").replace("\0", "").split())[:50],
            row_id(args.get("account", "")),
            row_id(args.get("before", "")),
        )

    def words(self) -> dict[str, Any]:
        """Return the filter as query arguments, without the position in the list."""
        return {name: value for name, value in self._asdict().items() if value and name != "before"}

    @property
    def filter(self) -> FriendFilter:
        return FriendFilter(
            linked=LINKED.get(self.linked),
            status=self.status,
            q=self.q,
            tag=self.tag,
            official_account=self.account or None,
        )

    @property
    def narrows(self) -> bool:
        return bool(self.words())


def page_of_friends(installation_id: int, query: FriendQuery) -> tuple[list[Friend], int]:
    """Return the newest matching friends, and the id to continue below (0: no more)."""
    statement = find_friends(installation_id, query.filter)
    if query.before:
        statement = statement.where(Friend.id < query.before)
    rows = db.session.scalars(statement.order_by(Friend.id.desc()).limit(PAGE + 1)).unique().all()
    return list(rows[:PAGE]), rows[PAGE - 1].id if len(rows) > PAGE else 0
