"""What a friend who came through a QR code is given: tags, and one message, once."""

from datetime import timedelta

from plugin.core.clock import utcnow
from plugin.core.personalise import property_names
from plugin.core.sending import retry_key
from plugin.models.base import db
from plugin.models.job import plant
from plugin.models.people import FOLLOWING, Friend
from plugin.models.qr_code import LoginAttempt, QRCode
from plugin.models.sending import PLANNED, Delivery
from plugin.models.upsert import insert_or
from plugin.services.personalise import OWED
from plugin.services.tag_friend import MOST, know_tags, set_tags, with_more

CAME_THROUGH = ("linked", "already_linked", "welcome")
GIVE_UP = timedelta(hours=6)
# Who is no friend yet is being asked to add the account; LINE drops what comes before that.
TIME_TO_ADD = timedelta(minutes=2)


def welcome(attempt: LoginAttempt, friend: Friend) -> None:
    """Give what the walk's QR code gives, inside the caller's transaction; harmless twice."""
    code = attempt.qr_code
    if attempt.outcome not in CAME_THROUGH:
        return
    wanted = with_more(friend.tags, code.tags)
    if code.tags and len(wanted) <= MOST:
        know_tags(code.official_account.installation_id, code.tags)
        set_tags(friend, wanted)
    # Who was linked before and only came again has nothing new to be greeted for.
    if code.greeting and attempt.outcome != "already_linked":
        _greet(code, friend)


def _greet(code: QRCode, friend: Friend) -> None:
    """One greeting for each friend and code, ever: the retry key is made of the two."""
    now, messages = utcnow(), [{"type": "text", "text": code.greeting}]
    row = {
        "official_account_id": code.official_account_id,
        "friend_id": friend.id,
        "retry_key": retry_key("greeting", code.id, friend.id),
        "messages": messages,
        "filling": OWED if property_names(messages) else "",
        "silent": False,
        "state": PLANNED,
        "created_at": now,
        "give_up_at": now + GIVE_UP,
    }
    planned = insert_or(Delivery).values(row).on_conflict_do_nothing().returning(Delivery.id)
    delivery_id = db.session.scalar(planned)
    if delivery_id is not None:
        wait = timedelta(0) if friend.status == FOLLOWING else TIME_TO_ADD
        plant("deliver", delivery_id, code.official_account.installation_id, delay=wait)
