"""One LINE call with one retry key: intent first, then the call, then what came of it."""

from datetime import datetime, timedelta

import structlog

from plugin.core.clock import utcnow
from plugin.core.sending import key_is_alive
from plugin.gateways import Accepted, Channel, GatewayError
from plugin.models.base import transaction
from plugin.models.installation import Installation
from plugin.models.official_account import OfficialAccount
from plugin.models.people import BLOCKED, FOLLOWING, Friend
from plugin.models.people import UNKNOWN as STATUS_UNKNOWN
from plugin.models.sending import ACCEPTED, REFUSED, SENDING, UNKNOWN, Delivery
from plugin.services import Outside
from plugin.services.link_friend import owe_mirror
from plugin.services.run_action import FAIL_CONTINUE, SUCCESS, settle
from plugin.services.send_message import BLOCKS

log = structlog.get_logger()
QUOTA_PAUSE = timedelta(minutes=5)
CREDENTIAL_PAUSE = timedelta(minutes=1)
NOT_FRIEND = "The person has not added the Official Account as a friend."
NO_QUOTA = "LINE's monthly message limit is used up."
LATE = "LINE could not be reached in time."
LOST = "LINE's answer was lost; the message may have arrived."


def deliver(outside: Outside, delivery_id: int) -> datetime | None:
    """Try once. None: settled. A moment: try again then. Raises `GatewayError` to back off."""
    delivery = Delivery.by_id(delivery_id)
    if delivery is None or delivery.is_settled:
        return None
    account = delivery.friend.official_account
    if _ended(delivery, account):
        return None
    channel = Channel(account.channel_id, account.channel_secret)
    try:
        if delivery.friend.status == STATUS_UNKNOWN and not _probe(outside, channel, delivery):
            return None
        _push(outside, channel, delivery)
    except GatewayError as error:
        return _judge(outside, channel, delivery, error)
    return None


def _push(outside: Outside, channel: Channel, delivery: Delivery) -> None:
    before = delivery.maybe_sent
    with transaction():
        delivery.state, delivery.maybe_sent = SENDING, True
        delivery.first_tried_at = delivery.first_tried_at or utcnow()
    try:
        accepted = outside.gateways.line.push(
            channel,
            delivery.friend.line_user_id,
            delivery.messages,
            delivery.retry_key,
            delivery.silent,
        )
    except GatewayError as error:
        if error.reason not in ("lost", "unavailable"):
            # A plain no: this try did nothing, so only an earlier one leaves a doubt.
            with transaction():
                delivery.maybe_sent = before
        raise
    with transaction():
        _accept(delivery, accepted)


def _ended(delivery: Delivery, account: OfficialAccount) -> bool:
    """Settle what must not be tried any more."""
    now = utcnow()
    installation = Installation.by_id(account.installation_id)
    with transaction():
        if delivery.friend.status == BLOCKED and not delivery.maybe_sent:
            _refuse(delivery, "blocked", BLOCKS)
        elif installation is None or not installation.is_alive:
            _give_up(delivery, "HubSpot is not connected any more.", "failed")
        elif _is_late(delivery, now):
            _give_up(delivery, LATE, "expired")
    return delivery.is_settled


def _is_late(delivery: Delivery, now: datetime) -> bool:
    if not key_is_alive(delivery.first_tried_at, now):
        return True
    return delivery.give_up_at is not None and now >= delivery.give_up_at


def _give_up(delivery: Delivery, error: str, result: str) -> None:
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


def _judge(
    outside: Outside, channel: Channel, delivery: Delivery, error: GatewayError
) -> datetime | None:
    """The one place that decides what a refused push comes to."""
    if error.reason == "monthly_limit":
        quota = outside.gateways.line.quota(channel)
        if quota.limit is None or quota.used < quota.limit:
            # A broadcast under way reserves its whole reach; the limit comes back by itself.
            return utcnow() + QUOTA_PAUSE
        _refuse_now(delivery, "quota_exceeded", NO_QUOTA)
        return None
    if error.reason in ("unauthorized", "configuration", "forbidden"):
        log.error("line_refuses_channel", account=delivery.official_account_id)
        return utcnow() + CREDENTIAL_PAUSE
    if not error.permanent:
        raise error
    result = "invalid_message" if error.reason == "invalid" and error.details else "failed"
    text = "; ".join((error.message, *error.details))
    _refuse_now(delivery, result, text)
    return None


def _refuse_now(delivery: Delivery, result: str, error: str) -> None:
    with transaction():
        _refuse(delivery, result, error)


def _accept(delivery: Delivery, accepted: Accepted) -> None:
    now = utcnow()
    delivery.state, delivery.result, delivery.settled_at = ACCEPTED, "sent", now
    delivery.line_request_id = accepted.request_id
    delivery.message_ids = list(accepted.message_ids)
    delivery.friend.last_sent_at = now
    if delivery.friend.linkage is not None:
        owe_mirror(delivery.friend.linkage.contact)
    first = accepted.message_ids[0] if accepted.message_ids else ""
    _answer(delivery, SUCCESS, {"result": "sent", "message_id": first, "error": ""})


def _refuse(delivery: Delivery, result: str, error: str, state: str = REFUSED) -> None:
    delivery.state, delivery.result, delivery.settled_at = state, result, utcnow()
    delivery.error = error[:500]
    _answer(delivery, FAIL_CONTINUE, {"result": result, "message_id": "", "error": error})


def _answer(delivery: Delivery, state: str, outputs: dict[str, str]) -> None:
    if delivery.action_call is not None:
        settle(delivery.action_call, state, outputs)
