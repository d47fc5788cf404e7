"""What a friend gets from a QR code: tags, and one message, once."""

from datetime import timedelta

from plugin.core.clock import utcnow
from plugin.core.messages.personalise import property_names
from plugin.core.retry import retry_key
from plugin.models.base import db
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.friend import FOLLOWING, Friend
from plugin.models.sending.delivery import PLANNED, Delivery
from plugin.models.sql import insert_or
from plugin.models.system.job import enqueue
from plugin.services.friends.tags import MAX_TAGS, set_tags, with_added
from plugin.services.sending.personalise import PENDING

WELCOME_OUTCOMES = ("linked", "already_linked", "welcome")
GIVE_UP = timedelta(hours=6)
# A person who is no friend yet is asked to add the account; LINE drops earlier messages.
TIME_TO_ADD = timedelta(minutes=2)


def welcome(attempt: LoginAttempt, friend: Friend) -> None:
    """Apply the QR code's tags and greeting, inside the caller's transaction. Idempotent."""
    code = attempt.qr_code
    if attempt.outcome not in WELCOME_OUTCOMES:
        return
    tags = with_added(friend.tags, code.tags)
    if code.tags and len(tags) <= MAX_TAGS:
        set_tags(friend, tags)
    # A friend who was linked before and only came again is not greeted again.
    if code.greeting and attempt.outcome != "already_linked":
        _greet(code, friend)


def _greet(code: QRCode, friend: Friend) -> None:
    # The retry key makes it one greeting for each friend and code, ever.
    now, messages = utcnow(), [{"type": "text", "text": code.greeting}]
    row = {
        "official_account_id": code.official_account_id,
        "friend_id": friend.id,
        "retry_key": retry_key("greeting", code.id, friend.id),
        "messages": messages,
        "filling": PENDING if property_names(messages) else "",
        "silent": False,
        "state": PLANNED,
        "created_at": now,
        "give_up_at": now + GIVE_UP,
    }
    statement = insert_or(Delivery).values(row).on_conflict_do_nothing().returning(Delivery.id)
    delivery_id = db.session.scalar(statement)
    if delivery_id is not None:
        wait = timedelta(0) if friend.status == FOLLOWING else TIME_TO_ADD
        enqueue("deliver", delivery_id, code.official_account.installation_id, delay=wait)
