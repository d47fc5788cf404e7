"""The list of friends."""

from typing import NamedTuple

from flask import request, url_for

from plugin.models.audience.checked_rule import RuleError
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.conflict import Conflict
from plugin.models.people.friend import Friend
from plugin.models.people.friend_pages import page_of_friends
from plugin.models.people.friend_search import Matching, count_friends, count_matching
from plugin.web.friends.blueprint import blueprint
from plugin.web.friends.filter import (
    STATUSES,
    FriendQuery,
    counted,
    everybody,
    segment_choices,
)
from plugin.web.friends.sorting import SORTS, heading, last_shown, order_of, position
from plugin.web.friends.tags import tag_menu
from plugin.web.language import in_words
from plugin.web.layout import page
from plugin.web.owned import record_url
from plugin.web.session import tenant

# A page stays below 60 KB.
PAGE = 20


class Shown(NamedTuple):
    """A page of the list. `fitting`: how many fit the filter; `broken`: why the filter's segment
    cannot be used; `older`: the next page's address."""

    friends: list[Friend]
    fitting: Matching = Matching(0)
    broken: str = ""
    older: str = ""


@blueprint.get("/friends")
def people() -> str:
    query = FriendQuery.of(request.args)._replace(ids="")
    shown = _shown(query)
    return page(
        "friends/list.html",
        "people",
        query=query,
        shown=shown,
        newest=url_for("friends.people", **query.place()) if "before" in request.args else "",
        counts=count_friends(tenant()),
        fitting=counted(shown.fitting),
        segments=segment_choices(tenant()),
        waiting=Conflict.count_open(tenant()),
        accounts=OfficialAccount.list_owned(tenant()),
        statuses=STATUSES,
        sorts=SORTS,
        heading=heading,
        order=order_of(query.sort),
        everybody=everybody(),
        tags=tag_menu(),
        record_url=record_url,
    )


def _shown(query: FriendQuery) -> Shown:
    after, order = last_shown(request.args), order_of(query.sort)
    try:
        friends = page_of_friends(tenant(), query.filter, order, PAGE + 1, after)
        fitting = count_matching(tenant(), query.filter) if query.narrows else Matching(0)
    except RuleError as error:
        return Shown([], broken=" ".join(in_words(fault.message) for fault in error.faults))
    older = ""
    if len(friends) > PAGE:
        place = position(friends[PAGE - 1], query.sort)
        older = url_for("friends.people", **query.place(), **place)
    return Shown(friends[:PAGE], fitting, older=older)
