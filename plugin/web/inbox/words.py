"""A conversation's items as the page draws them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from flask import url_for
from flask_babel import gettext as _
from flask_babel import to_user_timezone

from plugin.models.inbox.conversation import Conversation
from plugin.models.inbox.message import GONE, IN, KEPT, NOTE, PENDING, ConversationMessage
from plugin.models.inbox.thread import ThreadItem
from plugin.models.sending.delivery import ACCEPTED, UNKNOWN, Delivery
from plugin.web.log.words import StateLabel, word_of_delivery
from plugin.web.message_templates.preview import preview_messages


class Drawn(NamedTuple):
    """One item. `side`: "in", "out", "note"; `lead`: who or what wrote it; `state`: of an answer.

    `content`: the address of what a friend sent; `content_word`: why there is none.
    """

    at: datetime
    side: str
    day: date | None
    kind: str
    text: str
    lead: str
    state: StateLabel | None
    messages: Sequence[dict[str, Any]]
    content: str
    content_kind: str
    content_word: str
    details: Mapping[str, Any]
    key: str


def drawn(items: Sequence[ThreadItem], conversation: Conversation) -> list[Drawn]:
    """Return what is drawn, with the day where another one begins."""
    rows: list[Drawn] = []
    last: date | None = None
    for item in items:
        day = to_user_timezone(item.at).date()
        rows.append(_drawn(item, conversation, day if day != last else None))
        last = day
    return rows


def _drawn(item: ThreadItem, conversation: Conversation, day: date | None) -> Drawn:
    if item.message is None:
        return _sent_besides(item, day)
    row = item.message
    side = row.direction
    return Drawn(
        at=row.at,
        side=side,
        day=day,
        kind="unsent" if row.unsent_at else row.kind,
        text=row.text,
        lead=item.member.email if item.member is not None else str(row.payload.get("by", "")),
        state=_state_of(item.delivery) if item.delivery is not None else None,
        messages=preview_messages(item.delivery.messages) if item.delivery is not None else (),
        content=_content_url(conversation, row, item) if side == IN else "",
        content_kind=item.media.kind if item.media is not None else "",
        content_word=_content_word(row),
        details=row.payload,
        key=f"message-{row.id}",
    )


def _sent_besides(item: ThreadItem, day: date | None) -> Drawn:
    lead = _("Broadcast: %(name)s", name=item.broadcast) if item.broadcast else _("Musubi sent")
    if item.delivery is not None and item.delivery.action_call_id is not None:
        lead = _("A workflow sent")
    return Drawn(
        at=item.at, side="out", day=day, kind="sent", text="", lead=lead, state=None,
        messages=preview_messages(list(item.messages)), content="", content_kind="",
        content_word="", details={}, key=f"sent-{item.at.isoformat()}",
    )  # fmt: skip


def _state_of(delivery: Delivery) -> StateLabel:
    if delivery.state == ACCEPTED:
        free = _("sent, free of charge") if delivery.reply_token else _("sent")
        return StateLabel("ok", free)
    if delivery.state == UNKNOWN:
        return StateLabel("warn", _("LINE's answer was lost: it may have arrived"))
    if not delivery.is_settled:
        return StateLabel("busy", _("being sent"))
    return word_of_delivery(delivery)


def _content_url(conversation: Conversation, row: ConversationMessage, item: ThreadItem) -> str:
    if row.content_state != KEPT or item.media is None or row.unsent_at is not None:
        return ""
    return url_for("inbox.content", conversation_id=conversation.id, message_id=row.id)


def _content_word(row: ConversationMessage) -> str:
    if row.direction == NOTE or not row.content_state or row.content_state == KEPT:
        return ""
    if row.content_state == PENDING:
        return str(_("being fetched from LINE"))
    if row.content_state == GONE:
        return str(_("LINE has deleted it already"))
    return str(_("too large to keep, or of a kind that cannot be read"))
