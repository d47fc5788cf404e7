"""All links of a tenant as a file, for a backup before HubSpot is removed."""

import csv
import io
import json
from collections.abc import Iterator

from plugin.core.clock import rfc3339
from plugin.core.text.clean import safe_cell
from plugin.models.base import db
from plugin.models.people.linkage import Linkage

COLUMNS = (
    "official_account", "line_user_id", "display_name", "contact_id", "email", "firstname",
    "lastname", "method", "linked_at",
)  # fmt: skip
BATCH_SIZE = 500


def links_as_csv(installation_id: int) -> Iterator[str]:
    # With the byte order mark that spreadsheets look for.
    yield "\ufeff" + _line(COLUMNS)
    for row in _rows(installation_id):
        yield _line([safe_cell(row[name]) for name in COLUMNS])


def links_as_json(installation_id: int) -> Iterator[str]:
    """Yield one list of objects. Ids are text."""
    sign = "["
    for row in _rows(installation_id):
        yield sign + json.dumps(row, ensure_ascii=False)
        sign = ",\n"
    yield "]" if sign != "[" else "[]"


def _rows(installation_id: int) -> Iterator[dict[str, str]]:
    # In batches, so that 100,000 links need no more memory than 500.
    last = 0
    while True:
        page = Linkage.owned(installation_id).where(Linkage.id > last)
        linkages = list(db.session.scalars(page.order_by(Linkage.id).limit(BATCH_SIZE)))
        yield from map(_row, linkages)
        if len(linkages) < BATCH_SIZE:
            return
        last = linkages[-1].id
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
