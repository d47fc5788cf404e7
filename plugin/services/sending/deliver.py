"""One LINE push under one retry key: the intent first, then the call, then its result."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog

from plugin.core.clock import utcnow
from plugin.core.messages.part import InvalidMessage
from plugin.core.retry import key_is_alive
from plugin.gateways import Accepted, Channel, GatewayError
from plugin.models.connections.installation import PAUSED, Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend import BLOCKED, FOLLOWING, Friend
from plugin.models.people.friend import UNKNOWN as STATUS_UNKNOWN
from plugin.models.sending.delivery import ACCEPTED, REFUSED, UNKNOWN, Delivery, mark_sending
from plugin.models.system.activity import FREE_REPLIES, SENT, count
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import SENDS_WAIT
from plugin.services.connections.channels import messaging_channel
from plugin.services.executions.execution import BLOCKS, FAIL_CONTINUE, SUCCESS
from plugin.services.sending.free_reply import is_lost_reply, reply_token_for
from plugin.services.sending.personalise import fill_pending
from plugin.services.sending.quiet_hours import held_deliveries
from plugin.services.sending.quota import USED_UP, SendPause, note_refusal, send_pause_of
from plugin.services.sending.results import record_result, sent_outputs, store_result

log = structlog.get_logger()
CREDENTIAL_PAUSE = timedelta(minutes=1)
# Ending the pause brings waiting jobs forward; this covers a pause that was never ended.
HUBSPOT_PAUSE = timedelta(minutes=15)
NOT_FRIEND = "The person has not added the Official Account as a friend."
WRONG_PROVIDER = "LINE does not know this user ID here: it is of another provider. Link again."
RESERVED = "Another send of the account had the month's last messages reserved for too long."
LATE = "LINE could not be reached in time."
LOST = "LINE's answer was lost; the message may have arrived."


def deliver(deps: Dependencies, delivery_id: int) -> datetime | None:
    """Try once. Return when to try again, None for finished. Raise `GatewayError` to back off."""
    delivery = Delivery.by_id(delivery_id)
    if delivery is None or delivery.is_settled:
        return None
    account = delivery.friend.official_account
    if _settle_if_over(delivery, account):
        return None
    check_connected(account)
    pause = send_pause_of(account)
    # A message that may have gone out is pushed again under its key, which costs nothing if it had.
    # A free reply needs none of the month's messages.
    if pause is not None and not delivery.maybe_sent and not reply_token_for(delivery):
        return _wait_or_refuse(delivery, pause)
    opening = held_deliveries([delivery], utcnow()).get(delivery.id)
    if opening is not None:
        return opening
    channel = messaging_channel(account)
    try:
        return _fill_and_push(deps, channel, delivery)
    except InvalidMessage as error:
        _refuse_now(delivery, "invalid_message", str(error))
    except GatewayError as error:
        return classify(deps, account, delivery, error)
    return None


def _fill_and_push(deps: Dependencies, channel: Channel, delivery: Delivery) -> datetime | None:
    retry_at = fill_pending(deps, delivery)
    if retry_at is not None:
        return retry_at
    if delivery.friend.status != STATUS_UNKNOWN or _is_reachable(deps, channel, delivery):
        _push(deps, delivery)
    return None


def _wait_or_refuse(delivery: Delivery, pause: SendPause) -> datetime | None:
    # A reservation releases messages by itself; a month that is used up does not.
    if not pause.used_up:
        return pause.until
    _refuse_now(delivery, "quota_exceeded", USED_UP)
    return None


def _push(deps: Dependencies, delivery: Delivery) -> None:
    token = reply_token_for(delivery)
    if token and _reply(deps, delivery, token):
        return
    before = delivery.maybe_sent
    with transaction():
        marked = mark_sending([delivery], utcnow())
    if not marked:
        return
    try:
        accepted = push(deps, delivery)
    except GatewayError as error:
        if had_no_effect(error):
            with transaction():
                delivery.maybe_sent = before
        raise
    with transaction():
        accept(delivery, accepted)


def _reply(deps: Dependencies, delivery: Delivery, token: str) -> bool:
    """Try it once as a free reply; False where LINE surely sent nothing, so that a push may go."""
    with transaction():
        marked = mark_sending([delivery], utcnow())
        if marked:
            # Stored before the call: whatever happens to it, nothing is sent a second time.
            delivery.reply_token = token
    if not marked:
        return True
    channel = messaging_channel(delivery.friend.official_account)
    try:
        accepted = deps.gateways.line.reply(channel, token, delivery.messages, delivery.silent)
    except GatewayError as error:
        had_effect = not had_no_effect(error)
        with transaction():
            if had_effect:
                give_up(delivery, LOST, "failed")
            else:
                delivery.maybe_sent, delivery.reply_token = False, ""
        return had_effect
    with transaction():
        accept(delivery, accepted)
    return True


def push(deps: Dependencies, delivery: Delivery) -> Accepted:
    return push_of(deps, delivery)()


def push_of(deps: Dependencies, delivery: Delivery) -> Callable[[], Accepted]:
    """Return the call to LINE, which reads no row any more and so may run in any thread."""
    return partial(
        deps.gateways.line.push,
        messaging_channel(delivery.friend.official_account),
        delivery.friend.line_user_id,
        delivery.messages,
        delivery.retry_key,
        delivery.silent,
        delivery.aggregation_unit,
    )


def had_no_effect(error: GatewayError) -> bool:
    """Whether this try surely sent nothing, so that only an earlier one may have."""
    return error.unsent or error.reason not in ("lost", "unavailable")


def _settle_if_over(delivery: Delivery, account: OfficialAccount) -> bool:
    installation = Installation.by_id(account.installation_id)
    if installation is not None and installation.state == PAUSED:
        return False  # A person's pause keeps everything as it is.
    blocked = delivery.friend.status == BLOCKED and not delivery.maybe_sent
    removed = installation is None or installation.is_removed
    # A delivery that may be tried costs no transaction.
    lost = is_lost_reply(delivery)
    if not blocked and not removed and not lost and not is_overdue(delivery, utcnow()):
        return False
    with transaction():
        if blocked:
            _refuse(delivery, "blocked", BLOCKS)
        elif lost:
            give_up(delivery, LOST, "failed")
        elif removed:
            give_up(delivery, "HubSpot is not connected any more.", "failed")
        else:
            expire_delivery(delivery)
    return True


def check_connected(account: OfficialAccount) -> None:
    """Raise `GatewayError` while HubSpot is paused or disconnected: planned sends wait."""
    installation = Installation.by_id(account.installation_id)
    if installation is not None and installation.sends_wait:
        raise GatewayError(
            SENDS_WAIT,
            permanent=False,
            reason="unavailable",
            retry_at=utcnow() + HUBSPOT_PAUSE,
        )


def is_overdue(delivery: Delivery, now: datetime) -> bool:
    """Whether to stop trying: the retry key is too old, or HubSpot waits no longer."""
    if not key_is_alive(delivery.first_tried_at, now):
        return True
    return delivery.give_up_at is not None and now >= delivery.give_up_at


def expire_delivery(delivery: Delivery) -> None:
    """Finish an overdue delivery, inside the caller's transaction."""
    if send_pause_of(delivery.friend.official_account):
        give_up(delivery, RESERVED, "quota_exceeded")
    else:
        give_up(delivery, f"{LATE} {delivery.error}".strip(), "expired")


def give_up(delivery: Delivery, error: str, result: str) -> None:
    """Finish a delivery that is not tried again, inside the caller's transaction."""
    if delivery.maybe_sent:
        _refuse(delivery, "failed", LOST, UNKNOWN)
    else:
        _refuse(delivery, result, error)


def _is_reachable(deps: Dependencies, channel: Channel, delivery: Delivery) -> bool:
    # LINE accepts a push to a user who is no friend and drops it, so the profile is read first.
    friend: Friend = delivery.friend
    try:
        deps.gateways.line.profile(channel, friend.line_user_id)
    except GatewayError as error:
        if error.reason not in ("not_found", "invalid"):
            raise
        with transaction():
            _refuse(delivery, "not_friend", NOT_FRIEND)
        return False
    with transaction():
        friend.note_status(FOLLOWING, utcnow())
    return True


def classify(
    deps: Dependencies, account: OfficialAccount, delivery: Delivery, error: GatewayError
) -> datetime | None:
    """Decide what a failed push results in. Return when to try again, or None for finished."""
    if error.reason == "monthly_limit":
        return _wait_or_refuse(delivery, note_refusal(deps, account))
    if error.reason in ("unauthorized", "configuration", "forbidden"):
        log.error("line_refuses_channel", account=delivery.official_account_id)
        with transaction():
            delivery.error = error.message[:500]
        return utcnow() + CREDENTIAL_PAUSE
    if not error.permanent:
        raise error
    if error.reason == "wrong_provider":
        _refuse_wrong_provider(delivery)
        return None
    result = "invalid_message" if error.reason == "invalid" and error.details else "failed"
    text = "; ".join((error.message, *error.details))
    _refuse_now(delivery, result, text)
    return None


def _refuse_wrong_provider(delivery: Delivery) -> None:
    # LINE does not know the id in this channel's provider: the linkage itself is wrong.
    with transaction():
        # First the result, whose flush locks the contact before the friend.
        _refuse(delivery, "wrong_provider", WRONG_PROVIDER)
        delivery.friend.note_status(STATUS_UNKNOWN, utcnow())


def _refuse_now(delivery: Delivery, result: str, error: str) -> None:
    with transaction():
        _refuse(delivery, result, error)


def accept(delivery: Delivery, accepted: Accepted) -> None:
    """Finish a delivery that LINE accepted, inside the caller's transaction."""
    now = utcnow()
    store_result(delivery.friend, "sent")
    delivery.friend.last_sent_at = now
    count(delivery.official_account_id, SENT)
    if delivery.reply_token:
        count(delivery.official_account_id, FREE_REPLIES)
    delivery.state, delivery.result, delivery.settled_at = ACCEPTED, "sent", now
    delivery.error, delivery.written = "", None
    delivery.line_request_id = accepted.request_id
    delivery.message_ids = list(accepted.message_ids)
    record_result(delivery, SUCCESS, sent_outputs(accepted))


def _refuse(delivery: Delivery, result: str, error: str, state: str = REFUSED) -> None:
    store_result(delivery.friend, result)
    delivery.state, delivery.result, delivery.settled_at = state, result, utcnow()
    delivery.error, delivery.written = error[:500], None
    record_result(delivery, FAIL_CONTINUE, {"result": result, "message_id": "", "error": error})
