"""Which friends a page of the list shows, as its address says it."""

from typing import Any, NamedTuple

from werkzeug.datastructures import MultiDict

from plugin.models.base import db
from plugin.models.friend_search import FriendFilter, find_friends
from plugin.models.people import BLOCKED, FOLLOWING, UNKNOWN, Friend

PAGE = 50
STATUSES = (FOLLOWING, BLOCKED, UNKNOWN)
LINKED = {"yes": True, "no": False}


class Wish(NamedTuple):
    """What the address asks for; anything it says wrongly counts as not said."""

    q: str = ""
    linked: str = ""
    status: str = ""
    tag: str = ""
    account: int = 0
    before: int = 0

    @classmethod
    def of(cls, args: "MultiDict[str, str]") -> "Wish":
        """From the query string. `before`: the id under which the page begins."""
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
        """The filter as a query string has it, without the place in the list."""
        return {name: each for name, each in self._asdict().items() if each and name != "before"}

    @property
    def filter(self) -> FriendFilter:
        """The same as the search takes it."""
        return FriendFilter(
            linked=LINKED.get(self.linked),
            status=self.status,
            q=self.q,
            tag=self.tag,
            official_account=self.account or None,
        )

    @property
    def narrows(self) -> bool:
        """Whether anybody may be left out."""
        return bool(self.words())


def page_of_friends(installation_id: int, wish: Wish) -> tuple[list[Friend], int]:
    """The newest friends that fit, and the id to go on under (0: no more)."""
    found = find_friends(installation_id, wish.filter)
    if wish.before:
        found = found.where(Friend.id < wish.before)
    rows = db.session.scalars(found.order_by(Friend.id.desc()).limit(PAGE + 1)).unique().all()
    return list(rows[:PAGE]), rows[PAGE - 1].id if len(rows) > PAGE else 0


def row_id(text: str) -> int:
    """The id that a text says, or 0."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
