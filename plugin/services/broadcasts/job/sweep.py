"""Looks every minute for broadcasts that something is due for, though no job says so."""

from datetime import datetime

from sqlalchemy import String, cast, exists, or_, select

from plugin.core.clock import utcnow
from plugin.core.retry import KEY_LIFE
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import PAUSED, SCHEDULED, SENDING, Broadcast
from plugin.models.broadcasts.multicast import OPEN, Multicast
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.system.job import Job, enqueue
from plugin.models.transaction import transaction
from plugin.services.broadcasts.job.open_multicasts import open_chunks


def sweep_broadcasts() -> datetime | None:
    _enqueue_lost()
    for broadcast_id in _paused_with_old_calls(utcnow()):
        # It settles those whose key lives no more.
        open_chunks(broadcast_id)
    return None


def _enqueue_lost() -> None:
    due = or_(
        Broadcast.state == SENDING,
        (Broadcast.state == SCHEDULED) & (Broadcast.schedule_at <= utcnow()),
    )
    has_job = exists().where(Job.kind == "send_broadcast", Job.key == cast(Broadcast.id, String()))
    lost = (
        select(Broadcast.id, OfficialAccount.installation_id)
        .join(OfficialAccount, OfficialAccount.id == Broadcast.official_account_id)
        .where(due, ~has_job)
    )
    rows = db.session.execute(lost.limit(1000)).tuples().all()
    if rows:
        with transaction():
            for broadcast_id, installation_id in rows:
                enqueue("send_broadcast", broadcast_id, installation_id)


def _paused_with_old_calls(now: datetime) -> list[int]:
    old = exists().where(
        Multicast.broadcast_id == Broadcast.id, OPEN, Multicast.first_tried_at < now - KEY_LIFE
    )
    return list(db.session.scalars(select(Broadcast.id).where(Broadcast.state == PAUSED, old)))
