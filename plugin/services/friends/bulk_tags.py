"""Tagging of many friends: begun by a person, done in batches by a job."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from plugin.core.clock import utcnow
from plugin.models.audience.checked_rule import RuleError
from plugin.models.base import db
from plugin.models.people.friend import Friend
from plugin.models.people.friend_search import FriendFilter, find_friends
from plugin.models.people.linkage import Linkage
from plugin.models.people.tagging import FINISHED, RUNNING, Tagging
from plugin.models.system.job import enqueue
from plugin.models.transaction import retried, transaction
from plugin.services.contacts.records import lock_contacts
from plugin.services.friends.tags import (
    MAX_TAGS,
    register_tags,
    set_tags_of_many,
    with_added,
    with_removed,
)

BATCH_SIZE = 200


def begin_tagging(
    installation_id: int, query: FriendFilter, tags: Sequence[str], *, removes: bool, actor: str
) -> Tagging:
    """Begin, and do the first batch at once. `tags`: as `read_tags` returns them."""
    found = find_friends(installation_id, query)
    whole = found.with_only_columns(func.count(Friend.id), func.max(Friend.id))
    size, last = db.session.execute(whole).one()
    tagging = Tagging(
        installation_id=installation_id,
        wanted=query._asdict(),
        removes=removes,
        tags=list(tags),
        # Friends who come later are not included.
        until_id=last or 0,
        size=size,
        actor=actor,
        started_at=utcnow(),
    )
    with transaction() as session:
        session.add(tagging)
        if not removes:
            register_tags(installation_id, tags)
        session.flush()
        enqueue("tag_many", tagging.id, installation_id)
    retried(tag_batch)(tagging.id)
    return tagging


def tag_batch(tagging_id: int) -> bool:
    """Tag up to 200 friends; True where more are left. The cursor moves in the same transaction."""
    with transaction():
        tagging = Tagging.held(tagging_id)
        if tagging is None or tagging.state != RUNNING:
            return False
        try:
            ids = _next_ids(tagging)
        except RuleError:
            # The segment, or what its rule names, went away: nobody is in it any more.
            ids = []
        _tag(tagging, _lock(ids))
        tagging.seen += len(ids)
        if len(ids) == BATCH_SIZE:
            tagging.after_id = ids[-1]
            return True
        tagging.state, tagging.finished_at = FINISHED, utcnow()
    return False


def _next_ids(tagging: Tagging) -> list[int]:
    found = find_friends(tagging.installation_id, tagging.filter, one_by_one=True)
    statement = found.with_only_columns(Friend.id)
    remaining = statement.where(Friend.id > tagging.after_id, Friend.id <= tagging.until_id)
    return list(db.session.scalars(remaining.order_by(Friend.id).limit(BATCH_SIZE)))


def _lock(ids: Sequence[int]) -> list[Friend]:
    # The contacts before the friends, the order used everywhere.
    contact_row_ids = select(Linkage.contact_row_id).where(Linkage.friend_id.in_(ids))
    lock_contacts(list(db.session.scalars(contact_row_ids)))
    statement = select(Friend).where(Friend.id.in_(ids)).order_by(Friend.id)
    statement = statement.options(selectinload(Friend.given_tags))
    locking = statement.with_for_update(of=Friend).execution_options(populate_existing=True)
    return list(db.session.scalars(locking).unique())


def _tag(tagging: Tagging, friends: Sequence[Friend]) -> None:
    change = with_removed if tagging.removes else with_added
    wanted = []
    for friend in friends:
        tags = change(friend.tags, tagging.tags)
        if len(tags) > max(MAX_TAGS, len(friend.tags)):
            tagging.full += 1
        elif tags != friend.tags:
            wanted.append((friend, tags))
    set_tags_of_many(tagging.installation_id, wanted)
    tagging.changed += len(wanted)
