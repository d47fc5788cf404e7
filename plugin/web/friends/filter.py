"""The filter of the list of friends, and who is chosen of it, as its address carries them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from plugin.models.audience.checked_rule import RuleError
from plugin.models.audience.segment import Segment
from plugin.models.base import db
from plugin.models.people.friend import BLOCKED, FOLLOWING, UNKNOWN
from plugin.models.people.friend_search import FriendFilter, Matching
from plugin.web.chosen_account import account_choices, account_filter
from plugin.web.friends.sorting import read_sort
from plugin.web.language import in_words
from plugin.web.layout import figure
from plugin.web.owned import row_id

P = ParamSpec("P")
T = TypeVar("T")
# Segments in the filter's menu.
OFFERED = 300
# Friends who are chosen one by one.
MOST_TICKED = 200
STATUSES = (FOLLOWING, BLOCKED, UNKNOWN)
LINKED = {"yes": True, "no": False}
# Whom a deed is for: the ticked friends, all of the page, or all who fit.
TICKED, ON_PAGE, ALL = "ticked", "page", "all"


class FriendQuery(NamedTuple):
    """The query string's filter; an invalid value counts as absent. `ids`: friends who are chosen
    one by one, as "1,2,3"; the filter is then the list that they were chosen in."""

    q: str = ""
    linked: str = ""
    status: str = ""
    tag: str = ""
    account: int = 0
    segment: int = 0
    sort: str = ""
    ids: str = ""

    @classmethod
    def of(cls, args: "MultiDict[str, str]") -> "FriendQuery":
        linked, status = args.get("linked", ""), args.get("status", "")
        sort = read_sort(args.get("sort", ""), linked)
        # Only who is linked stands in the order of linkages.
        linked = "yes" if sort.endswith("linked") else linked
        return cls(
            args.get("q", "").strip()[:200].replace("\0", ""),
            linked if linked in LINKED else "",
            status if status in STATUSES else "",
            " ".join(args.get("tag", "").replace("\0", "").split())[:50],
            account_filter(args),
            row_id(args.get("segment", "")),
            sort,
            _chosen_ids(args),
        )

    def place(self) -> dict[str, Any]:
        """Return the list's query arguments, without a page's position in it."""
        words = {name: value for name, value in self._asdict().items() if value}
        words.pop("ids", None)
        # Otherwise the top bar would choose another one in the meantime.
        return {**words, "account": self.account} if len(account_choices()) > 1 else words

    def words(self) -> dict[str, Any]:
        """Return the same with the chosen friends, for the pages of a deed."""
        return {**self.place(), "ids": self.ids} if self.ids else self.place()

    @property
    def filter(self) -> FriendFilter:
        if self.ids:
            return FriendFilter(ids=[int(text) for text in self.ids.split(",")])
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
        return self.filter != FriendFilter()


def _chosen_ids(args: "MultiDict[str, str]") -> str:
    chosen = args.get("chosen", "")
    texts = args.getlist("page_ids" if chosen == ON_PAGE else "ids")
    if chosen == ALL:
        return ""
    ids = dict.fromkeys(row_id(text) for each in texts for text in each.split(","))
    ids.pop(0, None)
    return ",".join(map(str, list(ids)[:MOST_TICKED]))


def everybody() -> str:
    """Return the address of the list without any filter."""
    several = len(account_choices()) > 1
    return url_for("friends.people", account=0 if several else None)


def needs_people(view: Callable[P, T]) -> Callable[P, T | Response]:
    """Lead to the list where nobody is ticked, or where the filter's segment cannot be used, which
    it says itself."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T | Response:
        query = FriendQuery.of(request.values)
        if request.values.get("chosen") in (TICKED, ON_PAGE) and not query.ids:
            flash(_("Nobody is ticked. Tick friends, or choose all who fit."), "bad")
            return redirect(url_for("friends.people", **query.place()))
        try:
            return view(*args, **kwargs)
        except RuleError:
            return redirect(url_for("friends.people", **query.place()))

    return guarded


def counted(found: Matching) -> str:
    """Return how many fit, in figures."""
    return f"{figure(found.number)}+" if found.is_more else figure(found.number)


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
