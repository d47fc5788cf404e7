"""Answers in an open talk, which cost nothing: a reply to what the friend wrote a moment ago.

LINE takes no retry key with a reply, so one whose answer is lost stays unknown and is sent no more.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.sending.delivery import Delivery
from plugin.models.system.webhook_event import LINE, WebhookEvent
from plugin.services.sending.frequency_cap import COUNTED_ACTION

# LINE takes a reply within a minute of its webhook (reference: Send reply message).
TALK = timedelta(seconds=50)
LONGEST_TOKEN = 100


def is_in_talk(delivery: Delivery, now: datetime) -> bool:
    """Whether it may go as a reply, without a query: the friend wrote just now, and no try of it
    was made. Test sends and questions go as pushes."""
    call, wrote_at = delivery.action_call, delivery.friend.last_received_at
    is_broadcast_or_answer = delivery.broadcast_id or delivery.conversation_id
    of_kind = call.action == COUNTED_ACTION if call else is_broadcast_or_answer is not None
    is_new = delivery.first_tried_at is None and not delivery.filling
    return of_kind and is_new and wrote_at is not None and now - wrote_at < TALK


def is_lost_reply(delivery: Delivery) -> bool:
    """Whether an earlier try went out as a reply and its outcome was never stored."""
    return bool(delivery.reply_token) and delivery.maybe_sent


def reply_token_for(delivery: Delivery) -> str:
    """Return an unused token of the friend's last words, "" where there is none."""
    now = utcnow()
    if not is_in_talk(delivery, now):
        return ""
    events = select(WebhookEvent.payload).where(
        WebhookEvent.received_at > now - TALK,
        WebhookEvent.source == LINE,
        WebhookEvent.owner_id == delivery.official_account_id,
        WebhookEvent.payload["source"]["userId"].as_string() == delivery.friend.line_user_id,
    )
    payloads = db.session.scalars(events.order_by(WebhookEvent.id.desc()).limit(5))
    tokens = [token for row in payloads if isinstance(token := row.get("replyToken"), str)]
    fitting = [token for token in tokens if 0 < len(token) <= LONGEST_TOKEN]
    taken = select(Delivery.reply_token).where(
        Delivery.friend_id == delivery.friend_id, Delivery.reply_token.in_(fitting)
    )
    used = set(db.session.scalars(taken)) if fitting else set()
    return next((token for token in fitting if token not in used), "")
