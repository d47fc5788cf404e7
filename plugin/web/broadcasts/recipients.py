"""The recipients of a broadcast: with filters, as a file, and unknown outcomes settled by hand."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Response as FileResponse
from flask import request
from flask_babel import gettext as _

from plugin.core.clock import rfc3339
from plugin.core.text.clean import safe_cell
from plugin.models.audience.list_export import ListExport
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.recipient import UNKNOWN
from plugin.models.broadcasts.recipient_search import RecipientFilter
from plugin.models.broadcasts.variant import Variant
from plugin.models.people.contact import Contact
from plugin.services.broadcasts.progress import progress_of
from plugin.services.broadcasts.recipients import (
    Row,
    every_recipient,
    list_recipients,
)
from plugin.web.broadcasts.blueprint import blueprint
from plugin.web.broadcasts.segment_names import segment_names
from plugin.web.broadcasts.steps.drafts import own_broadcast
from plugin.web.broadcasts.sums import reason_word
from plugin.web.broadcasts.words import LETTERS, RECIPIENT_WORDS, audience_word
from plugin.web.layout import page
from plugin.web.owned import list_url, record_url, row_id
from plugin.web.segments.exports import failure_words
from plugin.web.session import tenant
from plugin.web.spreadsheets import BYTE_ORDER_MARK, csv_file, csv_lines

PAGE, EXPORTS = 50, 20
YES_NO = {"yes": True, "no": False}


@blueprint.get("/broadcasts/<row_id:broadcast_id>/recipients")
def recipients(broadcast_id: int) -> str:
    """List the recipients that fit the filter, in the order in which they were chosen."""
    broadcast, words = own_broadcast(broadcast_id), filter_words()
    after = row_id(request.args.get("after", ""))
    rows = list_recipients(broadcast, filter_of(words), after, limit=PAGE + 1)
    progress = progress_of(broadcast)
    return page(
        "broadcasts/recipients.html",
        "broadcasts",
        broadcast=broadcast,
        audience=audience_word(broadcast, segment_names([broadcast.segment_id])),
        rows=with_contacts(rows[:PAGE]),
        more=rows[PAGE - 1].recipient.id if rows[PAGE:] else 0,
        query=words,
        progress=progress,
        states=RECIPIENT_WORDS,
        reasons=[(name, reason_word(name), count) for name, count in progress.left_out.items()],
        variants=len(Variant.of_broadcast(broadcast.id)),
        letters=LETTERS,
        reason_word=reason_word,
        record_url=record_url,
        unknown=UNKNOWN,
        exports=_exports(broadcast),
        failure_words=failure_words,
        list_url=list_url,
    )


@blueprint.get("/broadcasts/<row_id:broadcast_id>/recipients.csv")
def recipients_file(broadcast_id: int) -> FileResponse:
    """Download all recipients that fit the filter, not one page."""
    broadcast, wanted = own_broadcast(broadcast_id), filter_of(filter_words())
    return csv_file(_lines(broadcast, wanted), f"broadcast-{broadcast.id}-recipients.csv")


def filter_words(args: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the filter of the address, or of a form; an invalid value counts as absent."""
    args = request.args if args is None else args
    state, variant = args.get("state", ""), args.get("variant", "")
    words = {
        "state": state if state in RECIPIENT_WORDS else "",
        "reason": args.get("reason", "")[:30].replace("\0", ""),
        "variant": variant if variant in ("0", "1", "2", "3") else "",
        "tapped": args.get("tapped", "") if args.get("tapped") in YES_NO else "",
        "replied": args.get("replied", "") if args.get("replied") in YES_NO else "",
    }
    return {name: value for name, value in words.items() if value}


def filter_of(words: dict[str, Any]) -> RecipientFilter:
    return RecipientFilter(
        state=words.get("state", ""),
        reason=words.get("reason", ""),
        variant=int(words["variant"]) if "variant" in words else None,
        tapped=YES_NO.get(words.get("tapped", "")),
        replied=YES_NO.get(words.get("replied", "")),
    )


def _exports(broadcast: Broadcast) -> list[ListExport]:
    """Return the newest lists in HubSpot that were made of this broadcast."""
    newest = db.session.scalars(ListExport.owned(tenant()).limit(EXPORTS))
    return [row for row in newest if row.source.get("broadcast") == broadcast.id]


def _lines(broadcast: Broadcast, wanted: RecipientFilter) -> Iterator[str]:
    # In batches, so that a million recipients need no more memory than a thousand.
    heading = [_("LINE User ID"), _("Friend"), _("Contact ID"), _("Email"), _("Variant"),
               _("State"), _("Reason"), _("Sent at")]  # fmt: skip
    yield BYTE_ORDER_MARK + csv_lines([heading])
    for row in every_recipient(broadcast, wanted):
        yield csv_lines([_cells(row)])


def with_contacts(rows: list[Row]) -> list[tuple[Row, Contact | None]]:
    """Return the rows with their contacts; of whoever is not linked, by HubSpot's id."""
    lonely = [row.recipient.contact_id for row in rows if row.friend is None]
    known = Contact.of_portal_many(tenant(), [id_ for id_ in lonely if id_])
    return [(row, _contact(row, known)) for row in rows]


def _contact(row: Row, known: dict[int, Contact]) -> Contact | None:
    if row.friend is not None:
        return row.friend.linkage.contact if row.friend.linkage else None
    contact_id = row.recipient.contact_id or 0
    unnamed = Contact(contact_id=contact_id, email="", firstname="", lastname="")
    return known.get(contact_id) or unnamed


def _cells(row: Row) -> list[str]:
    recipient, friend = row
    contact = friend.linkage.contact if friend and friend.linkage else None
    contact_id = contact.contact_id if contact else recipient.contact_id
    variant = "" if recipient.variant is None else LETTERS[recipient.variant]
    return [
        friend.line_user_id if friend else "",
        safe_cell(friend.display_name if friend else ""),
        str(contact_id or ""),
        safe_cell(contact.email if contact else ""),
        variant,
        str(RECIPIENT_WORDS[recipient.state]),
        reason_word(recipient.reason) if recipient.reason else "",
        rfc3339(recipient.claimed_at) or "",
    ]
