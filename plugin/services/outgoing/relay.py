"""Relays LINE's calls, byte for byte, to the tool that had the webhook before, or to another.

LINE is answered first. An account's calls are relayed one after the other, as they came; one that
the tool does not take within minutes is dropped.
"""

import time
from datetime import datetime
from typing import NamedTuple

import structlog
from sqlalchemy import LargeBinary, bindparam, delete, text

from plugin.core.clock import utcnow
from plugin.core.webhooks.receiver_urls import receiver_url
from plugin.core.webhooks.schedule import RELAYED_WITHIN, next_relay
from plugin.gateways import Outcome
from plugin.models.base import UTCDateTime, db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.connections.webhook_account import WebhookAccount
from plugin.models.outgoing.line_relay import LineRelay, RelayedCall
from plugin.models.system.inbox import store_with_job
from plugin.models.transaction import affected, close_reads, transaction
from plugin.services import Dependencies

log = structlog.get_logger()
STEP_SECONDS, CALL_SECONDS = 4.0, 5.0
# Headers that go along, beside the signature.
CARRIED = ("Content-Type", "User-Agent", "Via")
# Names in `Via` (RFC 9110) who has relayed a call already, so that none goes round in circles.
PSEUDONYM = "1.1 musubi"
_KEEP = text("""
INSERT INTO relayed_call (
    official_account_id, body, signature, content_type, user_agent, received_at, attempts, next_at
) VALUES (
    :official_account_id, :body, :signature, :content_type, :user_agent, :now, 0, :now
)
""").bindparams(bindparam("body", type_=LargeBinary()), bindparam("now", type_=UTCDateTime()))


class Call(NamedTuple):
    """A call of LINE as it came."""

    body: bytes
    signature: str
    content_type: str
    user_agent: str
    via: str


def keep_call(account: WebhookAccount, call: Call) -> None:
    """Keep a verified call until the other tool has it."""
    if PSEUDONYM in call.via:
        return
    row = {
        "official_account_id": account.id,
        "body": call.body,
        "signature": call.signature[:200],
        "content_type": call.content_type[:200],
        "user_agent": call.user_agent[:300],
        "now": utcnow(),
    }
    store_with_job(_KEEP, [row], "relay_line", account.id, account.installation_id)


def set_relay(deps: Dependencies, account: OfficialAccount, url: str) -> None:
    """Relay the account's calls to this address from now on. Raise `UnfitUrl`."""
    settings = deps.settings
    url = receiver_url(url, settings.base_url, private_allowed=settings.webhook_private_networks)
    with transaction() as session:
        relay = LineRelay.held(account.id)
        if relay is None:
            session.add(LineRelay(official_account_id=account.id, url=url, since=utcnow()))
        elif relay.url != url:
            relay.url, relay.since = url, utcnow()
            relay.last_success_at = relay.last_failure_at = relay.dropped_at = None
            relay.last_error, relay.last_status, relay.dropped = "", 0, 0


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
        outcome = _post(deps, relay.url, call)
        with transaction():
            _store(account_id, call.id, outcome)


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
        "Via": PSEUDONYM,
    }
    close_reads()
    sent = {name: value for name, value in headers.items() if value}
    return deps.gateways.receivers.post(url, call.body, sent, CALL_SECONDS)


def _store(account_id: int, call_id: int, outcome: Outcome) -> None:
    relay, now = LineRelay.held(account_id), utcnow()
    call = db.session.get(RelayedCall, call_id)
    if relay is None or call is None:
        return
    if outcome.is_taken:
        db.session.delete(call)
        relay.last_success_at = now
        return
    call.attempts += 1
    call.next_at = next_relay(call.attempts, now)
    relay.last_failure_at = now
    relay.last_error, relay.last_status = outcome.error, outcome.status


def _drop_late(account_id: int) -> None:
    """Drop what the other tool did not take in time, and count it."""
    call = RelayedCall.first(account_id)
    if call is None or call.received_at > utcnow() - RELAYED_WITHIN:
        return
    with transaction():
        relay = LineRelay.held(account_id)
        late = delete(RelayedCall).where(
            RelayedCall.official_account_id == account_id,
            RelayedCall.received_at <= utcnow() - RELAYED_WITHIN,
        )
        dropped = affected(late.execution_options(synchronize_session=False))
        if relay is not None:
            relay.dropped, relay.dropped_at = relay.dropped + dropped, utcnow()
    log.warning("line_calls_not_relayed", account_id=account_id, count=dropped)
