"""Friends as a CSV file for spreadsheets, of any number."""

import csv
import io
from collections.abc import Iterator

from sqlalchemy.orm import selectinload

from plugin.core.clock import rfc3339
from plugin.core.text.clean import safe_cell
from plugin.models.base import db
from plugin.models.people.friend import Friend
from plugin.models.people.friend_search import FriendFilter, find_friends
from plugin.models.transaction import close_reads

COLUMNS = (
    "official_account", "line_user_id", "display_name", "status", "status_since", "language",
    "tags", "last_received_at", "last_sent_at", "last_clicked_at", "contact_id", "email",
    "firstname", "lastname", "method", "linked_at",
)  # fmt: skip
BATCH_SIZE = 500
# Without it Excel reads the file in the machine's old character set.
BYTE_ORDER_MARK = "\ufeff"


def friends_as_csv(installation_id: int, filters: FriendFilter) -> Iterator[str]:
    """Yield the file in batches. Raise `RuleError` before the first where the filter's segment
    cannot be used."""
    find_friends(installation_id, filters)
    return _lines(installation_id, filters)


def _lines(installation_id: int, filters: FriendFilter) -> Iterator[str]:
    yield BYTE_ORDER_MARK + _csv([list(COLUMNS)])
    last = 0
    while True:
        found = find_friends(installation_id, filters, one_by_one=True).where(Friend.id > last)
        found = found.options(selectinload(Friend.given_tags))
        friends = db.session.scalars(found.order_by(Friend.id).limit(BATCH_SIZE)).unique().all()
        lines = _csv([_row(friend) for friend in friends])
        last = friends[-1].id if friends else last
        db.session.expunge_all()
        # The reader may be slow, and nothing stays open meanwhile.
        close_reads()
        yield lines
        if len(friends) < BATCH_SIZE:
            return


def _row(friend: Friend) -> list[str]:
    linkage = friend.linkage
    contact = linkage.contact if linkage else None
    values = {
        "official_account": friend.official_account.basic_id,
        "status_since": rfc3339(friend.status_since),
        "tags": "; ".join(friend.tags),
        "last_received_at": rfc3339(friend.last_received_at),
        "last_sent_at": rfc3339(friend.last_sent_at),
        "last_clicked_at": rfc3339(friend.last_clicked_at),
        "contact_id": str(contact.contact_id) if contact else "",
        "email": contact.email if contact else "",
        "firstname": contact.firstname if contact else "",
        "lastname": contact.lastname if contact else "",
        "method": linkage.method if linkage else "",
        "linked_at": rfc3339(linkage.linked_at) if linkage else "",
    }
    own = {name: getattr(friend, name) for name in COLUMNS if name not in values}
    cells = {**own, **values}
    return [safe_cell(cells[name] or "") for name in COLUMNS]


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
