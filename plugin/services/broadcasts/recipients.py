"""People of a broadcast: listed by what became of them, and unknown outcomes settled by hand."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Select, insert, literal, select

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.broadcasts.audience_member import AudienceMember
from plugin.models.broadcasts.broadcast import UPLOAD, Broadcast
from plugin.models.broadcasts.recipient import FAILED, SENT, UNKNOWN, Recipient
from plugin.models.broadcasts.recipient_search import RecipientFilter, conditions
from plugin.models.broadcasts.tally import move
from plugin.models.people.friend import Friend
from plugin.models.sql import one_of
from plugin.models.transaction import affected, transaction
from plugin.services.broadcasts.drafts import add_copy

PAGE = 50
# So many unknown outcomes are settled in one transaction.
SETTLED = 5000


class Row(NamedTuple):
    """`friend` None: a member of the HubSpot list who is not linked (`recipient.contact_id`)."""

    recipient: Recipient
    friend: Friend | None


def list_recipients(
    broadcast: Broadcast, query: RecipientFilter, after: int = 0, limit: int = PAGE
) -> list[Row]:
    """Return the next recipients after this id, with their friends and contacts: two statements."""
    statement = select(Recipient).where(*conditions(broadcast.id, query), Recipient.id > after)
    recipients = db.session.scalars(statement.order_by(Recipient.id).limit(limit)).all()
    friend_ids = [row.friend_id for row in recipients if row.friend_id is not None]
    found = select(Friend).where(one_of(Friend.id, friend_ids))
    friends = {friend.id: friend for friend in db.session.scalars(found).unique()}
    return [Row(row, friends.get(row.friend_id or 0)) for row in recipients]


def every_recipient(broadcast: Broadcast, query: RecipientFilter) -> Iterator[Row]:
    """Read all, some hundreds at a time: for a file."""
    after = 0
    while rows := list_recipients(broadcast, query, after, limit=500):
        yield from rows
        after = rows[-1].recipient.id
        db.session.expunge_all()


def settle_unknown(
    broadcast: Broadcast, *, was_sent: bool, recipient_ids: Sequence[int] | None = None
) -> int:
    """A person knows what became of unknown outcomes: of these, or of all. Return how many."""
    state, reason = (SENT, "") if was_sent else (FAILED, "not_sent")
    unknown = select(Recipient.id).where(
        Recipient.broadcast_id == broadcast.id, Recipient.state == UNKNOWN
    )
    if recipient_ids is not None:
        unknown = unknown.where(Recipient.id.in_(recipient_ids))
    count = 0
    while True:
        with transaction():
            Broadcast.held(broadcast.id)
            ids = list(db.session.scalars(unknown.order_by(Recipient.id).limit(SETTLED)))
            count += move(broadcast.id, ids, UNKNOWN, state, reason, settled_at=utcnow())
        if len(ids) < SETTLED:
            return count


def again_to_silent(broadcast: Broadcast, name: str, by: str = "") -> Broadcast | None:
    """Make a draft for those who got this broadcast and tapped nothing, as of now; None: nobody."""
    silent = _user_ids(broadcast, RecipientFilter(state=SENT, tapped=False))
    if db.session.scalar(silent.limit(1)) is None:
        return None
    with transaction():
        draft = add_copy(broadcast, name, by)
        rows = silent.add_columns(literal(draft.id))
        added = affected(insert(AudienceMember).from_select(["line_user_id", "broadcast_id"], rows))
        draft.audience, draft.segment_id, draft.list_id = UPLOAD, None, ""
        # Whose silent ones they are, for people.
        draft.list_name = broadcast.name
        draft.upload = {"lines": added, "invalid": 0, "unknown": 0, "repeated": 0}
    return draft


def _user_ids(broadcast: Broadcast, query: RecipientFilter) -> Select[tuple[str]]:
    friends = select(Friend.line_user_id).join(Recipient, Recipient.friend_id == Friend.id)
    return friends.where(*conditions(broadcast.id, query)).order_by(Recipient.id)
