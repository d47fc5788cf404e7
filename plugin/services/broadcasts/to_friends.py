"""Drafts of broadcasts to friends who were chosen in the friend list."""

import uuid

from sqlalchemy import Select
from sqlalchemy.exc import IntegrityError

from plugin.models.base import db
from plugin.models.broadcasts.audience_member import Uploaded, fill
from plugin.models.broadcasts.broadcast import ALL, SEGMENT, UPLOAD, Broadcast
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend import Friend
from plugin.models.people.friend_search import FriendFilter, find_friends
from plugin.models.transaction import transaction
from plugin.services.broadcasts.audience import read_upload
from plugin.services.broadcasts.drafts import add_draft
from plugin.services.segments.of_filter import add_filter, is_rule

# Friends on a list that a person waits for.
MOST_LISTED = 10_000


class TooMany(Exception):
    """More friends were found by words than a list takes."""


def draft_to(
    account: OfficialAccount, name: str, filters: FriendFilter, by: str = "", form_key: str = ""
) -> Broadcast:
    """Create a draft to the account's friends who fit.

    Who was ticked, or found by words, is listed as of now; any other filter goes along as a
    segment, so that it chooses when the broadcast is sent. `form_key`: the same for each press of
    one form, which makes one draft as long as nothing in it is changed. Raise `RuleError` and
    `TooMany`.
    """
    filters = filters._replace(official_account=account.id)
    # Raises what the filter's segment lacks before there is a draft.
    found = find_friends(account.installation_id, filters)
    uploaded = None if is_rule(filters) else _listed(account, found)
    key = _key(form_key, name, filters) if form_key else None
    try:
        with transaction():
            # All of it at once: a draft without its people would stay so for ever.
            draft = add_draft(account, name, by, _audience(filters), key)
            if uploaded is not None:
                fill(draft, uploaded)
            elif draft.audience == SEGMENT:
                draft.segment_id = _segment_id(account, name, filters, by)
    except IntegrityError:
        made = Broadcast.of_form(account.id, key) if key else None
        if made is None:
            raise
        return made
    return draft


def _listed(account: OfficialAccount, found: Select[tuple[Friend]]) -> Uploaded:
    rows = found.with_only_columns(Friend.line_user_id).limit(MOST_LISTED + 1)
    user_ids = db.session.scalars(rows).all()
    if len(user_ids) > MOST_LISTED:
        raise TooMany
    return read_upload(account, "\n".join(user_ids).encode())


def _key(form_key: str, name: str, filters: FriendFilter) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, repr((form_key, name, filters))))


def _audience(filters: FriendFilter) -> str:
    if not is_rule(filters):
        return UPLOAD
    everybody = FriendFilter(official_account=filters.official_account)
    return ALL if filters == everybody else SEGMENT


def _segment_id(account: OfficialAccount, name: str, filters: FriendFilter, by: str) -> int:
    alone = FriendFilter(official_account=account.id, segment=filters.segment)
    if filters.segment is not None and filters == alone:
        return filters.segment
    return add_filter(account, name, filters, by).id
