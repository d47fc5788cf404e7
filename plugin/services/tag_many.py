"""Many friends tagged in one go: begun by a person, done in pieces by a job."""

from collections.abc import Sequence

from sqlalchemy import func, select

from plugin.core.clock import utcnow
from plugin.models.base import db, repeated, transaction
from plugin.models.friend_search import FriendFilter, find_friends
from plugin.models.job import plant
from plugin.models.people import Friend, Linkage
from plugin.models.tagging import FINISHED, RUNNING, Tagging
from plugin.services.link_friend import lock_contacts
from plugin.services.tag_friend import MOST, know_tags, set_tags, with_more, without

PIECE = 200


def count_found(installation_id: int, wanted: FriendFilter) -> int:
    """How many friends a filter finds now."""
    found = find_friends(installation_id, wanted).with_only_columns(func.count(Friend.id))
    return db.session.scalar(found) or 0


def begin_tagging(
    installation_id: int, wanted: FriendFilter, tags: Sequence[str], *, removes: bool, actor: str
) -> Tagging:
    """Begin, and do the first piece at once; whoever comes later is not meant.

    The tags were read by `tag_friend.read_tags`.
    """
    last = find_friends(installation_id, wanted).with_only_columns(func.max(Friend.id))
    tagging = Tagging(
        installation_id=installation_id,
        wanted=wanted._asdict(),
        removes=removes,
        tags=list(tags),
        until_id=db.session.scalar(last) or 0,
        size=count_found(installation_id, wanted),
        actor=actor,
        started_at=utcnow(),
    )
    with transaction() as session:
        session.add(tagging)
        if not removes:
            know_tags(installation_id, tags)
        session.flush()
        plant("tag_many", tagging.id, installation_id)
    repeated(tag_some)(tagging.id)
    return tagging


def tag_some(tagging_id: int) -> bool:
    """Tag up to 200 friends; True where there are more. The cursor moves with what was done."""
    with transaction():
        tagging = Tagging.held(tagging_id)
        if tagging is None or tagging.state != RUNNING:
            return False
        ids = _next_ids(tagging)
        for friend in _held(ids):
            _tag(tagging, friend)
        tagging.seen += len(ids)
        if len(ids) == PIECE:
            tagging.after_id = ids[-1]
            return True
        tagging.state, tagging.finished_at = FINISHED, utcnow()
    return False


def _next_ids(tagging: Tagging) -> list[int]:
    found = find_friends(tagging.installation_id, tagging.filter).with_only_columns(Friend.id)
    ours = found.where(Friend.id > tagging.after_id, Friend.id <= tagging.until_id)
    return list(db.session.scalars(ours.order_by(Friend.id).limit(PIECE)))


def _held(ids: Sequence[int]) -> list[Friend]:
    """The friends as they stand, their contacts held first, as everywhere."""
    ties = select(Linkage.contact_row_id).where(Linkage.friend_id.in_(ids))
    lock_contacts(list(db.session.scalars(ties)))
    mine = select(Friend).where(Friend.id.in_(ids)).order_by(Friend.id)
    held = mine.with_for_update(of=Friend).execution_options(populate_existing=True)
    return list(db.session.scalars(held).unique())


def _tag(tagging: Tagging, friend: Friend) -> None:
    change = without if tagging.removes else with_more
    tags = change(friend.tags, tagging.tags)
    if len(tags) > max(MOST, len(friend.tags)):
        tagging.full += 1
    elif tags != list(friend.tags):
        set_tags(friend, tags)
        tagging.changed += 1
