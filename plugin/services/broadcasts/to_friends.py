"""Drafts of broadcasts to friends who were chosen in the friend list."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select
from sqlalchemy.exc import IntegrityError

from plugin.models.audience.checked_rule import RuleError
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import ALL, SEGMENT, UPLOAD, Broadcast
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend import Friend
from plugin.models.people.friend_search import FriendFilter, find_friends
from plugin.models.transaction import transaction
from plugin.services.broadcasts.audience import store_upload
from plugin.services.broadcasts.drafts import create_draft, save_draft
from plugin.services.segments.of_filter import is_rule, save_filter

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
    user_ids = [] if is_rule(filters) else _listed(found)
    key = _key(form_key, name, filters) if form_key else None
    try:
        broadcast = create_draft(account, name, by, _audience(filters), key)
    except IntegrityError:
        made = Broadcast.of_form(account.id, key) if key else None
        if made is None:
            raise
        return made
    if broadcast.audience == UPLOAD:
        store_upload(broadcast, "\n".join(user_ids).encode())
    elif broadcast.audience == SEGMENT:
        _choose_segment(broadcast, name, filters, by)
    return broadcast


def _listed(found: Select[tuple[Friend]]) -> Sequence[str]:
    rows = found.with_only_columns(Friend.line_user_id).limit(MOST_LISTED + 1)
    user_ids = db.session.scalars(rows).all()
    if len(user_ids) > MOST_LISTED:
        raise TooMany
    return user_ids


def _key(form_key: str, name: str, filters: FriendFilter) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, repr((form_key, name, filters))))


def _audience(filters: FriendFilter) -> str:
    if not is_rule(filters):
        return UPLOAD
    everybody = FriendFilter(official_account=filters.official_account)
    return ALL if filters == everybody else SEGMENT


def _choose_segment(broadcast: Broadcast, name: str, filters: FriendFilter, by: str) -> None:
    account, segment_id = broadcast.official_account, filters.segment
    alone = FriendFilter(official_account=account.id, segment=segment_id)
    if segment_id is None or filters != alone:
        try:
            segment_id = save_filter(account, name, filters, by).id
        except RuleError:
            with transaction() as session:
                session.delete(broadcast)
            raise
    # Until then the draft has no segment, and cannot be sent.
    save_draft(broadcast, {"audience": SEGMENT, "segment_id": segment_id})
