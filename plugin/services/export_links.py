"""All links of a tenant as a file: what a person keeps before HubSpot is removed."""

import csv
import io
import json
from collections.abc import Iterator

from plugin.core.clock import rfc3339
from plugin.models.base import db
from plugin.models.people import Linkage

COLUMNS = (
    "official_account", "line_user_id", "display_name", "contact_id", "email", "firstname",
    "lastname", "method", "linked_at",
)  # fmt: skip
PIECE = 500
# Signs with which a spreadsheet begins a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def links_as_csv(installation_id: int) -> Iterator[str]:
    """A line a link, the names of the columns first; with the mark that spreadsheets look for."""
    yield "\ufeff" + _line(COLUMNS)
    for row in _rows(installation_id):
        yield _line([_harmless(row[name]) for name in COLUMNS])


def links_as_json(installation_id: int) -> Iterator[str]:
    """The same as one JSON list of objects. Ids are text."""
    sign = "["
    for row in _rows(installation_id):
        yield sign + json.dumps(row, ensure_ascii=False)
        sign = ",\n"
    yield "]" if sign != "[" else "[]"


def _rows(installation_id: int) -> Iterator[dict[str, str]]:
    """A piece at a time, so that 100,000 links need no more memory than 500."""
    last = 0
    while True:
        page = Linkage.owned(installation_id).where(Linkage.id > last)
        some = list(db.session.scalars(page.order_by(Linkage.id).limit(PIECE)))
        yield from map(_row, some)
        if len(some) < PIECE:
            return
        last = some[-1].id
        db.session.expunge_all()


def _row(linkage: Linkage) -> dict[str, str]:
    friend, contact = linkage.friend, linkage.contact
    return {
        "official_account": friend.official_account.basic_id,
        "line_user_id": friend.line_user_id,
        "display_name": friend.display_name,
        "contact_id": str(contact.contact_id),
        "email": contact.email,
        "firstname": contact.firstname,
        "lastname": contact.lastname,
        "method": linkage.method,
        "linked_at": rfc3339(linkage.linked_at) or "",
    }


def _line(values: tuple[str, ...] | list[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(values)
    return text.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
