"""Sending a template to oneself: who of the friends that may be."""

from typing import NamedTuple

from flask import request
from sqlalchemy import Select

from plugin.models.base import db
from plugin.models.friend_search import FriendFilter, find_friends
from plugin.models.people import FOLLOWING, Contact, Friend, Linkage
from plugin.models.template import Template
from plugin.web.signed_in import person, tenant

OFFERED = 8


class Trial(NamedTuple):
    """Friends to choose from; `chosen` is the one of the last time, 0 for nobody yet."""

    friends: list[Friend]
    chosen: int
    q: str


def trial(template: Template) -> Trial:
    """Whom this person chose before, else whose e-mail address is his own, then those found."""
    q = request.args.get("friend", "").strip()[:100].replace("\0", "")
    account_id = template.official_account_id
    remembered = person().member.test_friends.get(str(account_id), 0)
    following = Friend.owned(tenant()).where(
        Friend.official_account_id == account_id, Friend.status == FOLLOWING
    )
    wanted = FriendFilter(status=FOLLOWING, q=q, official_account=account_id)
    lists = [
        following.where(Friend.id == remembered),
        _own_address(following),
        find_friends(tenant(), wanted).order_by(Friend.id.desc()),
    ]
    found = {one.id: one for each in lists for one in _some(each)}
    friends = list(found.values())[:OFFERED]
    chosen = remembered if remembered in found and not q else (friends[0].id if friends else 0)
    return Trial(friends, chosen, q)


def _own_address(following: Select[tuple[Friend]]) -> Select[tuple[Friend]]:
    tied = following.join(Linkage, Linkage.friend_id == Friend.id).join(
        Contact, Contact.id == Linkage.contact_row_id
    )
    return tied.where(Contact.email == person().member.email, Contact.email != "")


def _some(found: Select[tuple[Friend]]) -> list[Friend]:
    return list(db.session.scalars(found.limit(OFFERED)).unique())
