"""Tags of friends."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import bindparam, delete, func, select

from plugin.core.clock import utcnow
from plugin.core.messages.tokens import is_unfilled
from plugin.models.base import db
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.models.people.tag import FriendTag, Tag, TagChange
from plugin.models.sql import insert_or, insert_rows
from plugin.models.transaction import retried, transaction
from plugin.services.contacts.outbox import mark_for_push
from plugin.services.contacts.records import contact_row_ids_of, lock_contacts

MAX_TAG_LENGTH, MAX_TAGS = 50, 100
# HubSpot shows a friend's tags as one text, separated by semicolons.
SEPARATORS = re.compile(r"[,;、\n]")


class InvalidTag(ValueError):
    """The message says what is wrong with a tag."""


def read_tags(*texts: str) -> list[str]:
    """Return the tags of several fields, each once. Raise `InvalidTag`."""
    named = [" ".join(part.split()) for text in texts for part in SEPARATORS.split(text)]
    tags = list(dict.fromkeys(filter(None, named)))
    if not tags:
        raise InvalidTag("Choose a tag, or write one.")
    for tag in tags:
        if len(tag) > MAX_TAG_LENGTH or is_unfilled(tag):
            raise InvalidTag(
                f"A tag has {MAX_TAG_LENGTH} characters at most and no {{{{ }}}}: {tag[:60]}"
            )
    return tags


def with_added(tags: Sequence[str], more: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*tags, *more]))


def with_removed(tags: Sequence[str], fewer: Sequence[str]) -> list[str]:
    return [tag for tag in tags if tag not in fewer]


def lock_friend(friend: Friend) -> Friend:
    """Return the friend's current row, locked until the caller's transaction ends."""
    db.session.flush()
    statement = select(Friend).where(Friend.id == friend.id).with_for_update(of=Friend)
    return db.session.scalars(statement.execution_options(populate_existing=True)).unique().one()


def register_tags(installation_id: int, names: Iterable[str]) -> None:
    """Store tags to choose from, inside the caller's transaction."""
    now = utcnow()
    # In one order, against deadlocks.
    rows = [
        {"installation_id": installation_id, "name": name, "created_at": now}
        for name in sorted(names)
    ]
    db.session.execute(insert_or(Tag).on_conflict_do_nothing(), rows)


def set_tags(friend: Friend, tags: Sequence[str]) -> None:
    """Replace a friend's tags, inside the caller's transaction; the friend is locked."""
    set_tags_of_many(friend.official_account.installation_id, [(friend, tags)])


def set_tags_of_many(installation_id: int, wanted: Sequence[tuple[Friend, Sequence[str]]]) -> None:
    """Replace the tags of friends who are locked, inside the caller's transaction."""
    changed = [(friend, tags) for friend, tags in wanted if list(tags) != friend.tags]
    given = [(friend.id, name) for friend, tags in changed for name in _without(tags, friend.tags)]
    taken = [(friend.id, name) for friend, tags in changed for name in _without(friend.tags, tags)]
    ids = _ids_of(installation_id, {name for _, name in given}, {name for _, name in taken})
    _delete([(friend_id, ids[name]) for friend_id, name in taken])
    _insert([(friend_id, ids[name]) for friend_id, name in given])
    changes = Counter(ids[name] for _, name in given)
    changes.subtract(ids[name] for _, name in taken)
    db.session.add_all(TagChange(tag_id=tag_id, n=n) for tag_id, n in changes.items() if n)
    for friend, _ in changed:
        db.session.expire(friend, ["given_tags"])
        linkage: Linkage | None = friend.linkage
        if linkage is not None:
            mark_for_push(linkage.contact)


def _without(tags: Iterable[str], others: Collection[str]) -> list[str]:
    return [tag for tag in dict.fromkeys(tags) if tag not in others]


def _ids_of(installation_id: int, given: set[str], taken: set[str]) -> dict[str, int]:
    known = Tag.by_name(installation_id, given | taken)
    if given - known.keys():
        register_tags(installation_id, given - known.keys())
        known = Tag.by_name(installation_id, given | taken)
    return {name: tag.id for name, tag in known.items()}


def _delete(pairs: Sequence[tuple[int, int]]) -> None:
    statement = delete(FriendTag).where(
        FriendTag.friend_id == bindparam("friend"), FriendTag.tag_id == bindparam("tag")
    )
    rows = [{"friend": friend_id, "tag": tag_id} for friend_id, tag_id in pairs]
    if rows:
        db.session.connection().execute(statement, rows)


def _insert(pairs: Sequence[tuple[int, int]]) -> None:
    """Insert the tags behind those that the friends have."""
    ids = {friend_id for friend_id, _ in pairs}
    last = select(FriendTag.friend_id, func.max(FriendTag.place)).group_by(FriendTag.friend_id)
    found = db.session.execute(last.where(FriendTag.friend_id.in_(ids))).tuples().all()
    places = Counter(dict(found))
    rows = []
    for friend_id, tag_id in pairs:
        places[friend_id] += 1
        rows.append({"friend_id": friend_id, "tag_id": tag_id, "place": places[friend_id]})
    if rows:
        db.session.execute(insert_rows(FriendTag), rows)


@retried
def change_tags(friend_id: int, added: Sequence[str] = (), removed: Sequence[str] = ()) -> bool:
    """Give tags to one friend, and take others. False: they would be more than `MAX_TAGS`, so
    nothing was changed."""
    with transaction() as session:
        friend = session.get_one(Friend, friend_id)
        # The contact before the friend, the order used everywhere.
        lock_contacts(contact_row_ids_of(friend))
        friend = lock_friend(friend)
        tags = with_added(with_removed(friend.tags, removed), added)
        if len(tags) > max(MAX_TAGS, len(friend.tags)):
            return False
        set_tags(friend, tags)
    return True
