"""The filter of the list of friends, as its address carries it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar

from flask import redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from plugin.models.audience.checked_rule import RuleError
from plugin.models.audience.segment import Segment
from plugin.models.base import db
from plugin.models.people.friend import BLOCKED, FOLLOWING, UNKNOWN, Friend
from plugin.models.people.friend_search import FriendFilter, find_friends
from plugin.web.language import in_words
from plugin.web.owned import row_id

P = ParamSpec("P")
T = TypeVar("T")
PAGE = 50
# Segments in the filter's menu.
OFFERED = 300
STATUSES = (FOLLOWING, BLOCKED, UNKNOWN)
LINKED = {"yes": True, "no": False}


class FriendQuery(NamedTuple):
    """The query string's filter; an invalid value counts as absent."""

    q: str = ""
    linked: str = ""
    status: str = ""
    tag: str = ""
    account: int = 0
    segment: int = 0
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
            row_id(args.get("segment", "")),
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
            segment=self.segment or None,
        )

    @property
    def narrows(self) -> bool:
        return bool(self.words())


def page_of_friends(installation_id: int, query: FriendQuery) -> tuple[list[Friend], int]:
    """Return the newest matching friends, and the id to continue below (0: no more). Raise
    `RuleError` where the segment cannot be used."""
    statement = find_friends(installation_id, query.filter)
    if query.before:
        statement = statement.where(Friend.id < query.before)
    rows = db.session.scalars(statement.order_by(Friend.id.desc()).limit(PAGE + 1)).unique().all()
    return list(rows[:PAGE]), rows[PAGE - 1].id if len(rows) > PAGE else 0


def needs_usable_segment(view: Callable[P, T]) -> Callable[P, T | Response]:
    """Lead to the list where the filter's segment cannot be used: it says why."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T | Response:
        try:
            return view(*args, **kwargs)
        except RuleError:
            words = FriendQuery.of(request.values).words()
            return redirect(url_for("friends.people", **words))

    return guarded


def segment_choices(installation_id: int) -> list[tuple[int, str]]:
    """Return ids and names of the segments, with the account's where there are several."""
    rows = db.session.scalars(Segment.owned(installation_id).order_by(Segment.id).limit(OFFERED))
    segments = rows.unique().all()
    several = len({segment.official_account_id for segment in segments}) > 1
    account = " ({})" if several else ""
    return [
        (each.id, in_words(each.shown_name) + account.format(each.official_account.name))
        for each in segments
    ]
