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
    """Offer friends of the account; the friend of the last test is chosen."""
    q = request.args.get("friend", "").strip()[:100].replace("\0", "")
    friends, remembered = offered(account_id, q), _remembered(account_id)
    chosen = remembered if any(friend.id == remembered for friend in friends) else 0
    return TestFriends(friends, chosen, q)


def offered(account_id: int, q: str = "") -> list[Friend]:
    """Offer the friend of the last test, then friends with the person's own email, then matches."""
    following = Friend.owned(tenant()).where(
        Friend.official_account_id == account_id, Friend.status == FOLLOWING
    )
    first = _first(following.where(Friend.id == _remembered(account_id)))
    found = [*first, *_first(_with_own_email(following)), *matching(account_id, q)]
    return list({friend.id: friend for friend in found}.values())[:OFFERED]


def matching(account_id: int, q: str) -> list[Friend]:
    """Return some of the account's friends who fit, the newest first."""
    friend_filter = FriendFilter(status=FOLLOWING, q=q, official_account=account_id)
    return _first(find_friends(tenant(), friend_filter).order_by(Friend.id.desc()))


def _remembered(account_id: int) -> int:
    return person().member.test_friends.get(str(account_id), 0)


def _with_own_email(following: Select[tuple[Friend]]) -> Select[tuple[Friend]]:
    linked = following.join(Linkage, Linkage.friend_id == Friend.id).join(
        Contact, Contact.id == Linkage.contact_row_id
    )
    own = Contact.installation_id == tenant(), Contact.email == person().member.email
    return linked.where(*own, Contact.email != "")


def _first(statement: Select[tuple[Friend]]) -> list[Friend]:
    return list(db.session.scalars(statement.limit(OFFERED)).unique())
