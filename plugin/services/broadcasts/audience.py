"""Members of a HubSpot list, read by pages, and of an uploaded list."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select

from plugin.core.clock import utcnow
from plugin.core.cursors import RepeatedCursor, follow
from plugin.core.linkage import looks_like_user_id
from plugin.core.text.csv_files import rows_of
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.broadcasts.audience_member import Uploaded, add_members, start_over
from plugin.models.broadcasts.broadcast import DRAFT, Broadcast
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.system.audit_entry import apart_from_deed
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.broadcasts.drafts import held_in
from plugin.services.connections.access_token import portal_access
from plugin.services.system.rate_limits import in_background

# A list that was read this recently is sent to as it was read.
FRESH = timedelta(minutes=10)
MOST_LINES = 200_000
LOOKED_UP = 1000
LARGEST_ID = 2**63 - 1


def begin_reading(broadcast: Broadcast) -> None:
    """Have the list read for the preview; what was read long ago is read again."""
    with apart_from_deed(), transaction():
        current = held_in(broadcast, DRAFT)
        if is_read(current, utcnow()) or (current.list_after and not current.reason):
            return
        start_over(current)
        enqueue("send_broadcast", current.id, current.official_account.installation_id)


def is_read(broadcast: Broadcast, now: datetime) -> bool:
    return broadcast.list_read_at is not None and now - broadcast.list_read_at < FRESH


def read_page(deps: Dependencies, broadcast: Broadcast) -> None:
    """Store one page of the list's members, and the cursor with it."""
    access = portal_access(deps, broadcast.official_account.installation_id)
    list_id, after = broadcast.list_id, broadcast.list_after
    with in_background():
        page = deps.gateways.hubspot.memberships(access, list_id, after or None)
    with transaction():
        current = Broadcast.held(broadcast.id)
        if current is None or (current.list_id, current.list_after) != (list_id, after):
            return  # Another worker has stored it, or a person has chosen another list.
        add_members(current.id, [{"contact_id": contact_id} for contact_id in page.contact_ids])
        current.list_trail = _trail(current.list_trail, page.after)
        current.list_after, current.reason, current.error = page.after or "", "", ""
        if page.after is None:
            current.list_read_at = utcnow()


def _trail(trail: str, cursor: str | None) -> str:
    try:
        return follow(trail, cursor) if cursor else ""
    except RepeatedCursor:
        raise GatewayError(
            "HubSpot gave a page of the list for the second time, so it has no end",
            permanent=True,
            reason="invalid",
        ) from None


class TooLong(ValueError):
    """The uploaded list has more lines than one broadcast takes."""


def read_upload(account: OfficialAccount, file: bytes) -> Uploaded:
    """Read an uploaded list of LINE User IDs, HubSpot contact ids and e-mail addresses of known
    contacts. Raise `TooLong`, and `UnicodeError` for what is no text."""
    lines = _lines(file)
    if len(lines) > MOST_LINES:
        raise TooLong
    found, invalid = _read(lines)
    users = _known_users(account.id, found["line_user_id"])
    emails = _contacts_of_emails(account.installation_id, found["email"])
    contact_ids = {int(text) for text in found["contact_id"]}
    repeated = len(lines) - invalid - sum(map(len, found.values()))
    report = {
        "lines": len(lines),
        "invalid": invalid,
        "unknown": len(found["line_user_id"] - users) + len(found["email"] - emails.keys()),
        "repeated": repeated + len(contact_ids & set(emails.values())),
    }
    return Uploaded(report, users, contact_ids | set(emails.values()))


def _lines(file: bytes) -> list[list[str]]:
    lines = [cells for row in rows_of(file) if (cells := _cells(row))]
    # A first line of several without anything to read is a heading.
    return lines[1:] if len(lines) > 1 and not any(map(_kind, lines[0])) else lines


def _cells(row: list[str]) -> list[str]:
    return [cell for part in row if (cell := part.strip(" \t\xa0\u3000\ufeff\u200b\"'"))]


def _read(lines: list[list[str]]) -> tuple[dict[str, set[str]], int]:
    """Return the distinct ids of each kind, and the number of lines with none of them. Each line
    stands for one person: its first cell that can be read."""
    found: dict[str, set[str]] = {"line_user_id": set(), "contact_id": set(), "email": set()}
    invalid = 0
    for cells in lines:
        kinds = [(kind, cell) for cell in cells if (kind := _kind(cell))]
        if kinds:
            kind, cell = kinds[0]
            found[kind].add(cell.lower() if kind == "email" else cell)
        else:
            invalid += 1
    return found, invalid


def _kind(cell: str) -> str:
    if looks_like_user_id(cell):
        return "line_user_id"
    if cell.isascii() and cell.isdecimal() and 0 < int(cell) <= LARGEST_ID:
        return "contact_id"
    return "email" if "@" in cell[1:-1] and " " not in cell and len(cell) <= 320 else ""


def _parts(values: Iterable[str]) -> Iterable[list[str]]:
    ordered = sorted(values)
    return (ordered[start : start + LOOKED_UP] for start in range(0, len(ordered), LOOKED_UP))


def _known_users(account_id: int, user_ids: set[str]) -> set[str]:
    known: set[str] = set()
    for part in _parts(user_ids):
        statement = select(Friend.line_user_id).where(Friend.official_account_id == account_id)
        known |= set(db.session.scalars(statement.where(Friend.line_user_id.in_(part))))
    return known


def _contacts_of_emails(installation_id: int, emails: set[str]) -> dict[str, int]:
    known: dict[str, int] = {}
    for part in _parts(emails):
        email = func.lower(Contact.email)
        statement = select(email, Contact.contact_id).where(
            Contact.installation_id == installation_id, email.in_(part)
        )
        rows = db.session.execute(statement.where(Contact.deleted_at.is_(None)))
        known |= dict(rows.tuples().all())
    return known
