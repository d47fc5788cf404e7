"""The friend as whom a preview is seen, chosen above it and kept in the person's session."""

from typing import NamedTuple

from flask import request, session

from plugin.core.text.row_ids import row_id
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend import Friend
from plugin.web.layout import page
from plugin.web.message_templates.blueprint import blueprint
from plugin.web.message_templates.trial import matching, offered
from plugin.web.owned import own_account
from plugin.web.session import tenant

KEY = "seen_as"


class SeenAs(NamedTuple):
    """`friend`: the chosen one, None for nobody in particular; `friends`: whom to choose from."""

    friend: Friend | None
    friends: list[Friend]
    q: str


@blueprint.get("/templates/friends")
def list_friends() -> str:
    """Return the friends of an account that fit `q`, as rows of the chooser."""
    account = own_account(row_id(request.args.get("account", "")) or 0)
    return page("message_templates/seen_rows.html", viewer=seen_as(account))


def seen_as(account: OfficialAccount | None) -> SeenAs:
    """Return the choice and what is offered beside it."""
    if account is None:
        return SeenAs(None, [], "")
    friend = friend_seen_as(account)
    q = request.args.get("q", "").strip()[:100].replace("\0", "")
    friends = matching(account.id, q) if q else offered(account.id)
    if friend is not None and friend not in friends:
        friends.insert(0, friend)
    return SeenAs(friend, friends, q)


def friend_seen_as(account: OfficialAccount | None) -> Friend | None:
    """Return the friend that was chosen, now or before; a foreign one is nobody."""
    said = request.form.get("as", request.args.get("as"))
    friend = _own_friend(account, session.get(KEY, 0) if said is None else row_id(said) or 0)
    if said is not None and account is not None:
        session.pop(KEY, None)
        if friend is not None:
            session[KEY] = friend.id
    return friend


def _own_friend(account: OfficialAccount | None, friend_id: int) -> Friend | None:
    friend = Friend.find_owned(tenant(), friend_id) if account and friend_id else None
    if friend is None or account is None or friend.official_account_id != account.id:
        return None
    return friend
