"""Why messages do not reach a friend, from what is stored: nine statements at most, no call."""

from datetime import datetime

from sqlalchemy import select

from plugin.core.broadcasts.buckets import BUCKETS, global_bucket
from plugin.core.clock import utcnow
from plugin.core.diagnosis.reached import (
    LastSendFacts,
    LimitFacts,
    ReachFacts,
    SenderFacts,
    explain_reach,
)
from plugin.core.diagnosis.step import Step
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.recipient import FAILED, LEFT_OUT, Recipient
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.models.connections.installation import ACTIVE, PAUSED, Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend import Friend
from plugin.models.sending.delivery import OPEN, UNKNOWN, Delivery
from plugin.services.sending.frequency_cap import count_capped
from plugin.services.sending.quiet_hours import held_until
from plugin.services.sending.quota import send_pause_of


def why_reached(friend: Friend) -> list[Step]:
    """Explain what would keep a message from the friend now, and what became of the last ones."""
    return explain_reach(
        ReachFacts(
            _sender_facts(friend.official_account),
            friend.status,
            friend.status_since,
            friend.linkage is not None,
            _limit_facts(friend, utcnow()),
            _last_facts(friend),
        )
    )


def _sender_facts(account: OfficialAccount) -> SenderFacts:
    channel, pause = account.checks.get("channel", {}).get("ok"), send_pause_of(account)
    return SenderFacts(
        account.name,
        _hubspot(account.installation),
        None if channel is None else bool(channel),
        pause is not None and pause.used_up,
        pause.until if pause is not None else None,
    )


def _hubspot(installation: Installation) -> str:
    if installation.state != ACTIVE:
        return "paused" if installation.state == PAUSED else "disconnected"
    return "refused" if installation.refused_since is not None else ""


def _limit_facts(friend: Friend, now: datetime) -> LimitFacts:
    account = friend.official_account
    rules = SendingRules.of_account(account.id)
    if rules is None:
        return LimitFacts()
    chosen = select(Friend.id).where(Friend.id == friend.id)
    is_capped = count_capped(account.id, chosen, now) > 0
    return LimitFacts(
        (rules.cap_messages or 0, rules.cap_days) if is_capped else None,
        held_until(account, [friend.id], now).get(friend.id),
        global_bucket(friend.id) < BUCKETS * rules.holdout_percent // 100,
    )


def _last_facts(friend: Friend) -> LastSendFacts:
    newest = select(Delivery.state).where(Delivery.friend_id == friend.id)
    state = db.session.scalar(newest.order_by(Delivery.id.desc()).limit(1))
    waiting = select(Delivery.created_at).where(Delivery.friend_id == friend.id, OPEN)
    return LastSendFacts(
        "lost" if state == UNKNOWN else friend.last_result,
        friend.last_sent_at,
        db.session.scalar(waiting.order_by(Delivery.id).limit(1)),
        _left_out(friend),
    )


def _left_out(friend: Friend) -> tuple[str, str] | None:
    """Return the reason and the name of the newest broadcast, if it did not reach the friend."""
    statement = select(Recipient.state, Recipient.reason, Broadcast.name).join(Broadcast)
    statement = statement.where(Recipient.friend_id == friend.id)
    row = db.session.execute(statement.order_by(Recipient.id.desc()).limit(1)).tuples().first()
    if row is None or row[0] not in (LEFT_OUT, FAILED):
        return None
    return row[1], row[2]
