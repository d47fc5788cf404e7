"""Kept lists: read again within the hour, so that new members get links and links are renewed."""

from datetime import timedelta

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.connections.installation import ACTIVE, Installation
from plugin.models.imports.list_preparation import RUNNING, ListPreparation
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction

# With the scheduler's interval and the time that a pass takes, this is within the hour.
CHECK_EVERY = timedelta(minutes=45)
# HubSpot has no such list, or the QR code takes no links: that is checked again now and then.
TROUBLE_WAIT = timedelta(hours=6)
A_DAY = timedelta(days=1)


def keep_lists() -> None:
    """Begin the passes that are due, of portals that are connected."""
    now = utcnow()
    due = select(ListPreparation.id).join(
        Installation, Installation.id == ListPreparation.installation_id
    )
    due = due.where(
        ListPreparation.keeps,
        ListPreparation.state != RUNNING,
        ListPreparation.next_check_at <= now,
        Installation.state == ACTIVE,
    )
    for preparation_id in db.session.scalars(due.order_by(ListPreparation.next_check_at)).all():
        with transaction():
            preparation = ListPreparation.by_id(preparation_id)
            if preparation is not None and preparation.keeps:
                restart_pass(preparation)
                enqueue("prepare_list", preparation.id, preparation.installation_id)


def restart_pass(preparation: ListPreparation) -> None:
    """Begin another pass inside the caller's transaction, unless one is running. `made` counts all
    passes, the other counts only this one."""
    if preparation.state == RUNNING:
        return
    preparation.state, preparation.after, preparation.error, preparation.finished_at = (
        RUNNING,
        "",
        "",
        None,
    )
    # Not reset, so that a stale run cannot store a page of the pass before.
    preparation.step += 1
    preparation.read = preparation.kept = preparation.linked = preparation.gone = (
        preparation.fresh
    ) = 0


def keep_list_prepared(preparation: ListPreparation) -> None:
    with transaction():
        preparation.keeps = True
        restart_pass(preparation)
        enqueue("prepare_list", preparation.id, preparation.installation_id)


def renewal_margin(preparation: ListPreparation) -> timedelta:
    """Return how long before its end a link is followed by a new one."""
    margin = timedelta(days=preparation.renew_days)
    if not preparation.keeps:
        return margin
    # No member is ever without a link, and none gets one with every pass.
    return min(max(margin, A_DAY), timedelta(days=preparation.valid_days) / 2)
