"""Relays LINE's calls, byte for byte, to the tool that had the webhook before, or to another.

LINE is answered first. An account's calls are relayed one after the other, as they came; one that
the tool refuses for good is dropped, and so are all that it holds up for some minutes.
"""

import time
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog
from sqlalchemy import LargeBinary, bindparam, delete, or_, text, update

from plugin.core.clock import utcnow
from plugin.core.webhooks.receiver_urls import receiver_url
from plugin.core.webhooks.schedule import (
    RELAYED_WITHIN,
    UNTRIED_KEPT,
    is_refused_for_good,
    next_relay,
)
from plugin.gateways import Outcome
from plugin.models.base import UTCDateTime, db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.connections.webhook_account import WebhookAccount
from plugin.models.outgoing.line_relay import LOOP, LOOP_NOTED_EVERY, LineRelay, RelayedCall
from plugin.models.sql import insert_or
from plugin.models.system.inbox import store_with_job
from plugin.models.system.job import enqueue
from plugin.models.transaction import affected, close_reads, transaction
from plugin.services import Dependencies

log = structlog.get_logger()
STEP_SECONDS, CALL_SECONDS = 4.0, 5.0
# Headers that go along, beside the signature.
CARRIED = ("Content-Type", "User-Agent", "Via")
_KEEP = text("""
INSERT INTO relayed_call (
    official_account_id, body, signature, content_type, user_agent, via, received_at, attempts,
    next_at
) VALUES (
    :official_account_id, :body, :signature, :content_type, :user_agent, :via, :now, 0, :now
)
""").bindparams(bindparam("body", type_=LargeBinary()), bindparam("now", type_=UTCDateTime()))


class Call(NamedTuple):
    """A call of LINE as it came."""

    body: bytes
    signature: str
    content_type: str
    user_agent: str
    via: str


def keep_call(deps: Dependencies, account: WebhookAccount, call: Call) -> None:
    """Keep a verified call until the other tool has it. One that this Musubi relayed before, and
    that came back, is not kept."""
    own = own_element(deps.settings.base_url)
    passed = [element.strip() for element in call.via.split(",") if element.strip()]
    if own in map(str.lower, passed):
        _note_loop(account.id)
        return
    row = {
        "official_account_id": account.id,
        "body": call.body,
        "signature": call.signature[:200],
        "content_type": call.content_type[:200],
        "user_agent": call.user_agent[:300],
        "via": ", ".join([*passed, own]),
        "now": utcnow(),
    }
    store_with_job(_KEEP, [row], "relay_line", account.id, account.installation_id)


def own_element(base_url: str) -> str:
    """Return by which element of `Via` (RFC 9110) this Musubi knows the calls that it relayed."""
    # A proxy before it may name the bare host itself.
    return f"1.1 musubi-{urlsplit(base_url).netloc.lower()}"


def _note_loop(account_id: int) -> None:
    """Note it each time, since the calls themselves are taken; the log has it once."""
    relay, now = LineRelay.of_account(account_id), utcnow()
    if relay is None or _is_noted(relay, now):
        return
    with transaction():
        relay = LineRelay.held(account_id)
        if relay is None or _is_noted(relay, now):
            return
        is_known = relay.sends_back
        relay.last_error, relay.last_status, relay.last_failure_at = LOOP, 0, now
    if is_known:
        return
    log.warning(
        "line_relay_loop",
        account_id=account_id,
        meaning="The other tool sends LINE's calls back to Musubi, which does not relay them again",
    )


def _is_noted(relay: LineRelay, now: datetime) -> bool:
    noted_at = relay.last_failure_at if relay.last_error == LOOP else None
    return noted_at is not None and now - noted_at < LOOP_NOTED_EVERY


def set_relay(deps: Dependencies, account: OfficialAccount, url: str) -> None:
    """Relay the account's calls to this address from now on, also those that wait. Raise
    `UnfitUrl`."""
    settings = deps.settings
    url = receiver_url(url, settings.base_url, private_allowed=settings.webhook_private_networks)
    with transaction() as session:
        # Two may press Save at the same moment.
        row = {"official_account_id": account.id, "url": url, "since": utcnow()}
        session.execute(insert_or(LineRelay).values(row).on_conflict_do_nothing())
        relay = LineRelay.held(account.id)
        if relay is None or relay.url == url:
            return
        relay.url, relay.since = url, utcnow()
        relay.last_success_at = relay.last_failure_at = relay.dropped_at = None
        relay.last_error, relay.last_status, relay.dropped = "", 0, 0
        waiting = update(RelayedCall).where(RelayedCall.official_account_id == account.id)
        affected(
            waiting.values(attempts=0, next_at=utcnow()).execution_options(
                synchronize_session=False
            )
        )
        enqueue("relay_line", account.id, account.installation_id)


def stop_relay(account: OfficialAccount) -> None:
    """End the relay; what it had not relayed yet is deleted."""
    with transaction():
        affected(delete(LineRelay).where(LineRelay.official_account_id == account.id))
    _forget_calls(account.id)


def relay_line(deps: Dependencies, account_id: int) -> datetime | None:
    """Relay for a few seconds; return when to go on, or None where nothing waits."""
    end = time.monotonic() + STEP_SECONDS
    _drop_late(account_id)
    while True:
        relay, call = LineRelay.of_account(account_id), RelayedCall.first(account_id)
        if relay is None or call is None:
            _forget_calls(account_id)
            return None
        if call.next_at > utcnow() or time.monotonic() > end:
            return call.next_at
        url, call_id = relay.url, call.id
        outcome = _post(deps, url, call)
        with transaction():
            _store(account_id, url, call_id, outcome)


def _forget_calls(account_id: int) -> None:
    """Delete what came while a relay was ended."""
    if RelayedCall.first(account_id) is not None:
        with transaction():
            if LineRelay.held(account_id) is None:
                rest = delete(RelayedCall).where(RelayedCall.official_account_id == account_id)
                affected(rest.execution_options(synchronize_session=False))


def _post(deps: Dependencies, url: str, call: RelayedCall) -> Outcome:
    headers = {
        "X-Line-Signature": call.signature,
        "Content-Type": call.content_type,
        "User-Agent": call.user_agent,
        "Via": call.via or own_element(deps.settings.base_url),
    }
    close_reads()
    sent = {name: value for name, value in headers.items() if value}
    return deps.gateways.receivers.post(url, call.body, sent, CALL_SECONDS)


def _store(account_id: int, url: str, call_id: int, outcome: Outcome) -> None:
    relay, now = LineRelay.held(account_id), utcnow()
    call = db.session.get(RelayedCall, call_id)
    # What another tool answered, before the address was changed, says nothing of this one.
    if relay is None or call is None or relay.url != url:
        return
    if outcome.is_taken:
        db.session.delete(call)
        relay.last_success_at = now
        return
    relay.last_failure_at = now
    relay.last_error, relay.last_status = outcome.error, outcome.status
    if is_refused_for_good(outcome.status):
        db.session.delete(call)
        _note_dropped(relay, 1)
        return
    call.attempts += 1
    call.next_at = next_relay(call.attempts, now)


def _drop_late(account_id: int) -> None:
    """Drop what the other tool did not take in time, with what waited behind it, and count it.
    What only waited for a worker is tried once."""
    now = utcnow()
    call = RelayedCall.first(account_id)
    if call is None or call.received_at > now - RELAYED_WITHIN:
        return
    with transaction():
        relay = LineRelay.held(account_id)
        held_up = [RelayedCall.attempts > 0, RelayedCall.received_at <= now - UNTRIED_KEPT]
        failed_at = _held_up_at(relay) if relay is not None else None
        if failed_at is not None:
            held_up.append(RelayedCall.received_at < failed_at)
        late = delete(RelayedCall).where(
            RelayedCall.official_account_id == account_id,
            RelayedCall.received_at <= now - RELAYED_WITHIN,
            or_(*held_up),
        )
        dropped = affected(late.execution_options(synchronize_session=False))
        if relay is not None and dropped:
            _note_dropped(relay, dropped)


def _held_up_at(relay: LineRelay) -> datetime | None:
    """Return when calls last had to wait because of the other tool."""
    is_passed_over = relay.last_error == LOOP or is_refused_for_good(relay.last_status)
    return None if is_passed_over else relay.last_failure_at


def _note_dropped(relay: LineRelay, count: int) -> None:
    relay.dropped, relay.dropped_at = relay.dropped + count, utcnow()
    log.warning("line_calls_not_relayed", account_id=relay.official_account_id, count=count)
