"""The list of conversations, its counts, and the mark that changes with anything shown."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union_all

from plugin.core.text.row_ids import row_id
from plugin.models.base import db
from plugin.models.connections.member import Member
from plugin.models.inbox.conversation import CLOSED, OPEN, Conversation
from plugin.models.inbox.message import OUT, ConversationMessage
from plugin.models.people.find_people import matches
from plugin.models.people.friend import Friend

ALL_OPEN, UNREAD, MINE, UNASSIGNED, ALL_CLOSED = "open", "unread", "mine", "nobody", "closed"
# So many changes may be stored between two looks, of which one began before the last look.
LATE_CHANGES = 20
SHOWS = (ALL_OPEN, UNREAD, MINE, UNASSIGNED, ALL_CLOSED)


class InboxFilter(NamedTuple):
    """`show`: one of SHOWS; `member_id`: who "mine" is; `q`: words of the friend."""

    account_ids: Sequence[int]
    show: str = ALL_OPEN
    member_id: int = 0
    q: str = ""


class ConversationFilter(NamedTuple):
    """`assignee`: a member's id as text, or "nobody"; None and "" ask for nothing."""

    official_account: int | None = None
    friend: int | None = None
    state: str = ""
    unread: bool | None = None
    assignee: str = ""
    q: str = ""
    changed_since: datetime | None = None


def owned_conversations(
    installation_id: int, wanted: ConversationFilter
) -> Select[tuple[Conversation]]:
    """Select a tenant's conversations for a program, in no order."""
    conditions: list[ColumnElement[bool]] = []
    for column, value in (
        (Conversation.official_account_id, wanted.official_account),
        (Conversation.friend_id, wanted.friend),
        (Conversation.state, wanted.state or None),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.unread is not None:
        conditions.append(Conversation.unread > 0 if wanted.unread else Conversation.unread == 0)
    if wanted.assignee:
        member_id = None if wanted.assignee == UNASSIGNED else row_id(wanted.assignee) or 0
        conditions.append(Conversation.assigned_to == member_id)
    if wanted.changed_since is not None:
        conditions.append(Conversation.changed_at >= wanted.changed_since)
    if wanted.q:
        fitting = select(Friend.id).where(matches(installation_id, wanted.q))
        conditions.append(Conversation.friend_id.in_(fitting))
    return Conversation.owned(installation_id).where(*conditions)


def find_conversations(
    installation_id: int, wanted: InboxFilter, limit: int, after: tuple[datetime, int] | None
) -> list[Conversation]:
    """Return conversations, the newest first, behind `after` (time and id of the last one)."""
    statement = _matching(wanted)
    if wanted.q:
        fitting = select(Friend.id).where(matches(installation_id, wanted.q))
        statement = statement.where(Conversation.friend_id.in_(fitting))
    if after is not None:
        at, last_id = after
        older = and_(Conversation.last_at == at, Conversation.id < last_id)
        statement = statement.where(or_(Conversation.last_at < at, older))
    newest = statement.order_by(Conversation.last_at.desc(), Conversation.id.desc())
    return list(db.session.scalars(newest.limit(limit)).unique())


def last_writers(conversations: Sequence[Conversation]) -> dict[int, Member]:
    """Return by conversation who wrote the newest message, where that was one of the team."""
    ids = [row.id for row in conversations if row.last_direction == OUT]
    statement = (
        select(Conversation.id, Member)
        .join(ConversationMessage, ConversationMessage.conversation_id == Conversation.id)
        .join(Member, Member.id == ConversationMessage.member_id)
        .where(Conversation.id.in_(ids), ConversationMessage.at == Conversation.last_at)
        .where(ConversationMessage.direction == OUT)
    )
    return dict(db.session.execute(statement).tuples().all()) if ids else {}


def count_unread(account_ids: Sequence[int]) -> int:
    """Return how many conversations nobody has opened; an index has only those."""
    statement = select(func.count()).where(
        Conversation.official_account_id.in_(account_ids), Conversation.unread > 0
    )
    return db.session.scalar(statement) or 0


def change_mark(account_ids: Sequence[int]) -> str:
    """Return a text that changes with anything an open inbox shows; one read of an index for each
    account.

    The newest change alone would hide one that another process began before it and stored after.
    """
    newest = [
        select(Conversation.id, Conversation.changed_at)
        .where(Conversation.official_account_id == account_id)
        .order_by(Conversation.changed_at.desc(), Conversation.id.desc())
        .limit(LATE_CHANGES)
        .subquery()
        for account_id in account_ids
    ]
    if not newest:
        return "0"
    rows = db.session.execute(union_all(*(select(part.c.id, part.c.changed_at) for part in newest)))
    told = sorted(f"{row_id} {at.timestamp()}" for row_id, at in rows.tuples())
    return hashlib.sha256("|".join(told).encode()).hexdigest()[:16]


def _matching(wanted: InboxFilter) -> Select[tuple[Conversation]]:
    conditions: dict[str, ColumnElement[bool]] = {
        ALL_OPEN: Conversation.state == OPEN,
        UNREAD: Conversation.unread > 0,
        MINE: and_(Conversation.state == OPEN, Conversation.assigned_to == wanted.member_id),
        UNASSIGNED: and_(Conversation.state == OPEN, Conversation.assigned_to.is_(None)),
        ALL_CLOSED: Conversation.state == CLOSED,
    }
    return select(Conversation).where(
        Conversation.official_account_id.in_(wanted.account_ids),
        Conversation.last_direction != "",
        conditions[wanted.show],
    )
