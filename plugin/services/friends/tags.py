"""Tags of friends."""

import re
from collections.abc import Sequence

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.core.messages.tokens import is_unfilled
from plugin.models.base import db
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.models.people.tag import Tag
from plugin.models.sql import insert_or
from plugin.services.contacts.outbox import mark_for_push

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


def register_tags(installation_id: int, names: Sequence[str]) -> None:
    """Store tags to choose from, inside the caller's transaction."""
    now = utcnow()
    rows = [{"installation_id": installation_id, "name": name, "created_at": now} for name in names]
    db.session.execute(insert_or(Tag).on_conflict_do_nothing(), rows)


def set_tags(friend: Friend, tags: list[str]) -> None:
    """Replace a friend's tags, inside the caller's transaction."""
    if tags == list(friend.tags):
        return
    friend.tags = tags
    linkage: Linkage | None = friend.linkage
    if linkage is not None:
        mark_for_push(linkage.contact)
