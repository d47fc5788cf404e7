"""One LINE call with one retry key: intent first, then the call, then what came of it."""

from datetime import datetime, timedelta

import structlog

from plugin.core.clock import utcnow
from plugin.core.message_part import InvalidMessage
from plugin.core.sending import key_is_alive
from plugin.gateways import Accepted, Channel, GatewayError
from plugin.models.base import transaction
from plugin.models.installation import PAUSED, Installation
from plugin.models.official_account import OfficialAccount
from plugin.models.people import BLOCKED, FOLLOWING, Friend
from plugin.models.people import UNKNOWN as STATUS_UNKNOWN
from plugin.models.sending import ACCEPTED, REFUSED, SENDING, UNKNOWN, Delivery
from plugin.services import Outside
from plugin.services.desk import BLOCKS
from plugin.services.executions import FAIL_CONTINUE, SUCCESS
from plugin.services.note_result import note_result
from plugin.services.personalise import fill_owed
from plugin.services.quota import USED_UP, Halt, halt_of, note_refusal
from plugin.services.report_delivery import report_delivery

log = structlog.get_logger()
CREDENTIAL_PAUSE = timedelta(minutes=1)
HUBSPOT_PAUSE = timedelta(minutes=1)
NOT_FRIEND = "The person has not added the Official Account as a friend."
# LINE's words for a user id that another provider's channels gave.
OTHER_PROVIDERS = "Failed to send messages"
WRONG_PROVIDER = "LINE does not know this user ID here: it is of another provider. Link again."
RESERVED = "Another send of the account had the month's last messages reserved for too long."
LATE = "LINE could not be reached in time."
LOST = "LINE's answer was lost; the message may have arrived."


def deliver(outside: Outside, delivery_id: int) -> datetime | None:
    """Try once. None: settled. A moment: try again then. Raises `GatewayError` to back off."""
    delivery = Delivery.by_id(delivery_id)
    if delivery is None or delivery.is_settled:
        return None
    account = delivery.friend.official_account
    if is_paused(account):
        return utcnow() + HUBSPOT_PAUSE
    if _ended(delivery, account):
        return None
    halt = halt_of(account)
    # What may have gone out is asked for again under its key, which costs nothing if it had.
    if halt is not None and not delivery.maybe_sent:
        return _stand_still(delivery, halt)
    channel = Channel(account.channel_id, account.channel_secret)
    try:
        fill_owed(outside, delivery)
        if delivery.friend.status == STATUS_UNKNOWN and not _probe(outside, channel, delivery):
            return None
        _push(outside, delivery)
    except InvalidMessage as error:
        _refuse_now(delivery, "invalid_message", str(error))
    except GatewayError as error:
        return judge(outside, account, delivery, error)
    return None


def _stand_still(delivery: Delivery, halt: Halt) -> datetime | None:
    """A reservation gives messages back by itself; a month that is used up does not."""
    if not halt.used_up:
        return halt.until
    _refuse_now(delivery, "quota_exceeded", USED_UP)
    return None


def _push(outside: Outside, delivery: Delivery) -> None:
    before = delivery.maybe_sent
    with transaction():
        intend(delivery)
    try:
        accepted = push(outside, delivery)
    except GatewayError as error:
        if is_plain_no(error):
            with transaction():
                delivery.maybe_sent = before
        raise
    with transaction():
        accept(delivery, accepted)


def intend(delivery: Delivery) -> None:
    """A try is about to go out; inside the caller's transaction, which is committed before it."""
    delivery.state, delivery.maybe_sent = SENDING, True
    delivery.first_tried_at = delivery.first_tried_at or utcnow()


def push(outside: Outside, delivery: Delivery) -> Accepted:
    """The call itself, under the delivery's own key."""
    account = delivery.friend.official_account
    return outside.gateways.line.push(
        Channel(account.channel_id, account.channel_secret),
        delivery.friend.line_user_id,
        delivery.messages,
        delivery.retry_key,
        delivery.silent,
    )


def is_plain_no(error: GatewayError) -> bool:
    """This try did nothing, so only an earlier one leaves a doubt."""
    return error.reason not in ("lost", "unavailable")


def _ended(delivery: Delivery, account: OfficialAccount) -> bool:
    """Settle what must not be tried any more; what may be tried costs no transaction."""
    installation = Installation.by_id(account.installation_id)
    blocked = delivery.friend.status == BLOCKED and not delivery.maybe_sent
    alive = installation is not None and installation.is_alive
    if not blocked and alive and not is_late(delivery, utcnow()):
        return False
    with transaction():
        if blocked:
            _refuse(delivery, "blocked", BLOCKS)
        elif not alive:
            give_up(delivery, "HubSpot is not connected any more.", "failed")
        else:
            end_late(delivery)
    return True


def is_paused(account: OfficialAccount) -> bool:
    """A person paused HubSpot: what is planned waits as it is."""
    installation = Installation.by_id(account.installation_id)
    return installation is not None and installation.state == PAUSED


def is_late(delivery: Delivery, now: datetime) -> bool:
    """Whether it is not tried any more: its key is too old, or HubSpot waits no longer."""
    if not key_is_alive(delivery.first_tried_at, now):
        return True
    return delivery.give_up_at is not None and now >= delivery.give_up_at


def end_late(delivery: Delivery) -> None:
    """Settle what ran out of time, inside the caller's transaction."""
    if halt_of(delivery.friend.official_account):
        give_up(delivery, RESERVED, "quota_exceeded")
    else:
        give_up(delivery, f"{LATE} {delivery.error}".strip(), "expired")


def give_up(delivery: Delivery, error: str, result: str) -> None:
    """Settle what is not tried any more, inside the caller's transaction."""
    if delivery.maybe_sent:
        _refuse(delivery, "failed", LOST, UNKNOWN)
    else:
        _refuse(delivery, result, error)


def _probe(outside: Outside, channel: Channel, delivery: Delivery) -> bool:
    """LINE takes a push to a stranger and drops it, so a friend in doubt is asked for first."""
    friend: Friend = delivery.friend
    try:
        outside.gateways.line.profile(channel, friend.line_user_id)
    except GatewayError as error:
        if error.reason not in ("not_found", "invalid"):
            raise
        with transaction():
            _refuse(delivery, "not_friend", NOT_FRIEND)
        return False
    with transaction():
        friend.note_status(FOLLOWING, utcnow())
    return True


def judge(
    outside: Outside, account: OfficialAccount, delivery: Delivery, error: GatewayError
) -> datetime | None:
    """The one place that decides what a refused push comes to."""
    if error.reason == "monthly_limit":
        return _stand_still(delivery, note_refusal(outside, account))
    if error.reason in ("unauthorized", "configuration", "forbidden"):
        log.error("line_refuses_channel", account=delivery.official_account_id)
        with transaction():
            delivery.error = error.message[:500]
        return utcnow() + CREDENTIAL_PAUSE
    if not error.permanent:
        raise error
    if error.message == OTHER_PROVIDERS:
        _refuse_stranger(delivery)
        return None
    result = "invalid_message" if error.reason == "invalid" and error.details else "failed"
    text = "; ".join((error.message, *error.details))
    _refuse_now(delivery, result, text)
    return None


def _refuse_stranger(delivery: Delivery) -> None:
    """LINE does not know the id in this channel's provider: the tie itself is wrong."""
    with transaction():
        delivery.friend.note_status(STATUS_UNKNOWN, utcnow())
        _refuse(delivery, "wrong_provider", WRONG_PROVIDER)


def _refuse_now(delivery: Delivery, result: str, error: str) -> None:
    with transaction():
        _refuse(delivery, result, error)


def accept(delivery: Delivery, accepted: Accepted) -> None:
    """LINE took it: settle, inside the caller's transaction."""
    now = utcnow()
    delivery.state, delivery.result, delivery.settled_at = ACCEPTED, "sent", now
    delivery.error = ""
    delivery.line_request_id = accepted.request_id
    delivery.message_ids = list(accepted.message_ids)
    delivery.friend.last_sent_at = now
    note_result(delivery.friend, "sent")
    first = accepted.message_ids[0] if accepted.message_ids else ""
    report_delivery(delivery, SUCCESS, {"result": "sent", "message_id": first, "error": ""})


def _refuse(delivery: Delivery, result: str, error: str, state: str = REFUSED) -> None:
    delivery.state, delivery.result, delivery.settled_at = state, result, utcnow()
    delivery.error = error[:500]
    note_result(delivery.friend, result)
    report_delivery(delivery, FAIL_CONTINUE, {"result": result, "message_id": "", "error": error})
