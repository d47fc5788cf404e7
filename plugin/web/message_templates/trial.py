"""Test sends: the friends to choose from."""

from typing import NamedTuple

from flask import request
from sqlalchemy import Select

from plugin.models.base import db
from plugin.models.people.contact import Contact
from plugin.models.people.friend import FOLLOWING, Friend
from plugin.models.people.friend_search import FriendFilter, find_friends
from plugin.models.people.linkage import Linkage
from plugin.web.session import person, tenant

OFFERED = 8


class TestFriends(NamedTuple):
    """Friends to choose from; `chosen`: the friend of this person's last test, or 0.

    Nobody else is preselected: one wrong click would send a test to a customer.
    """

    friends: list[Friend]
    chosen: int
    q: str


def test_friends(account_id: int) -> TestFriends:
    """Offer the friend of the last test, then friends with the person's own email, then matches."""
    q = request.args.get("friend", "").strip()[:100].replace("\0", "")
    remembered = person().member.test_friends.get(str(account_id), 0)
    following = Friend.owned(tenant()).where(
        Friend.official_account_id == account_id, Friend.status == FOLLOWING
    )
    friend_filter = FriendFilter(status=FOLLOWING, q=q, official_account=account_id)
    lists = [
        following.where(Friend.id == remembered),
        _with_own_email(following),
        find_friends(tenant(), friend_filter).order_by(Friend.id.desc()),
    ]
    by_id = {friend.id: friend for statement in lists for friend in _first(statement)}
    friends = list(by_id.values())[:OFFERED]
    chosen = remembered if any(friend.id == remembered for friend in friends) else 0
    return TestFriends(friends, chosen, q)


def _with_own_email(following: Select[tuple[Friend]]) -> Select[tuple[Friend]]:
    linked = following.join(Linkage, Linkage.friend_id == Friend.id).join(
        Contact, Contact.id == Linkage.contact_row_id
    )
    return linked.where(Contact.email == person().member.email, Contact.email != "")


def _first(statement: Select[tuple[Friend]]) -> list[Friend]:
    return list(db.session.scalars(statement.limit(OFFERED)).unique())
