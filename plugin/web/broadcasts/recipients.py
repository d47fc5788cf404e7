"""The recipients of a broadcast: with filters, as a file, and unknown outcomes settled by hand."""

from collections.abc import Iterator
from typing import Any

from flask import Response as FileResponse
from flask import request, url_for
from flask_babel import gettext as _

from plugin.core.clock import rfc3339
from plugin.core.text.clean import safe_cell
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.recipient import FAILED, HELD_OUT, LEFT_OUT, UNKNOWN, Recipient
from plugin.models.broadcasts.recipient_search import (
    RecipientFilter,
    RecipientRow,
    find_recipients,
    rows_of,
)
from plugin.models.broadcasts.variant import Variant
from plugin.services.broadcasts.progress import progress_of
from plugin.web.broadcasts.blueprint import blueprint
from plugin.web.broadcasts.segment_names import segment_names
from plugin.web.broadcasts.steps.drafts import own_broadcast
from plugin.web.broadcasts.sums import reason_word
from plugin.web.broadcasts.words import LETTERS, RECIPIENT_WORDS, audience_word
from plugin.web.layout import page
from plugin.web.owned import record_url, row_id
from plugin.web.session import tenant
from plugin.web.spreadsheets import BYTE_ORDER_MARK, csv_file, csv_lines

PAGE, BATCH = 50, 1000
YES_NO = {"yes": True, "no": False}


@blueprint.get("/broadcasts/<row_id:broadcast_id>/recipients")
def recipients(broadcast_id: int) -> str:
    """List the recipients that fit the filter, in the order in which they were chosen."""
    broadcast, words = own_broadcast(broadcast_id), filter_words()
    after = row_id(request.args.get("after", ""))
    statement = find_recipients(broadcast.id, filter_of(words)).where(Recipient.id > after)
    rows = list(db.session.scalars(statement.order_by(Recipient.id).limit(PAGE + 1)))
    progress = progress_of(broadcast)
    return page(
        "broadcasts/recipients.html",
        "broadcasts",
        broadcast=broadcast,
        audience=audience_word(broadcast, segment_names([broadcast.segment_id])),
        rows=rows_of(rows[:PAGE], tenant()),
        more=rows[PAGE - 1].id if rows[PAGE:] else 0,
        query=words,
        progress=progress,
        states=RECIPIENT_WORDS,
        reasons=[(name, reason_word(name), count) for name, count in progress.left_out.items()],
        variants=len(Variant.of_broadcast(broadcast.id)),
        letters=LETTERS,
        reason_word=reason_word,
        record_url=record_url,
        unknown=UNKNOWN,
        unreached=(LEFT_OUT, FAILED, HELD_OUT),
    )


@blueprint.get("/broadcasts/<row_id:broadcast_id>/recipients.csv")
def recipients_file(broadcast_id: int) -> FileResponse:
    """Download all recipients that fit the filter, not one page."""
    broadcast, wanted = own_broadcast(broadcast_id), filter_of(filter_words())
    return csv_file(_lines(broadcast, wanted), f"broadcast-{broadcast.id}-recipients.csv")


def filter_words() -> dict[str, Any]:
    """Return the address's filter; an invalid value counts as absent."""
    args = request.args
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


def file_url(broadcast: Broadcast, words: dict[str, Any]) -> str:
    return url_for("broadcasts.recipients_file", broadcast_id=broadcast.id, **words)


def _lines(broadcast: Broadcast, wanted: RecipientFilter) -> Iterator[str]:
    # In batches, so that a million recipients need no more memory than a thousand.
    heading = [_("LINE User ID"), _("Friend"), _("Contact ID"), _("Email"), _("Variant"),
               _("State"), _("Reason"), _("Sent at")]  # fmt: skip
    yield BYTE_ORDER_MARK + csv_lines([heading])
    after, installation_id = 0, broadcast.official_account.installation_id
    while True:
        statement = find_recipients(broadcast.id, wanted).where(Recipient.id > after)
        rows = list(db.session.scalars(statement.order_by(Recipient.id).limit(BATCH)))
        if not rows:
            return
        after = rows[-1].id
        yield csv_lines([_cells(row) for row in rows_of(rows, installation_id)])
        db.session.expunge_all()


def _cells(row: RecipientRow) -> list[str]:
    recipient, friend, contact = row
    variant = "" if recipient.variant is None else LETTERS[recipient.variant]
    return [
        friend.line_user_id if friend else "",
        safe_cell(friend.display_name if friend else ""),
        str(contact.contact_id) if contact else "",
        safe_cell(contact.email if contact else ""),
        variant,
        str(RECIPIENT_WORDS[recipient.state]),
        reason_word(recipient.reason) if recipient.reason else "",
        rfc3339(recipient.claimed_at) or "",
    ]
