"""Split tests: which variant did better, and the winner for those who wait for it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import distinct, func, select, update

from plugin.core.broadcasts.proportions import difference
from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import PAUSED, SENDING, Broadcast
from plugin.models.broadcasts.measures import GoalHit
from plugin.models.broadcasts.recipient import SENDING as UNDER_WAY
from plugin.models.broadcasts.recipient import SENT, WAITING, Recipient
from plugin.models.broadcasts.tally import NO_VARIANT, Counted, recount
from plugin.models.sending.link_click import LinkClick
from plugin.models.transaction import affected, transaction
from plugin.services.broadcasts.drafts import held_in
from plugin.services.broadcasts.job.failures import pause_by_itself, wait_for
from plugin.services.broadcasts.start import begin_sending, wake

# Below this many people a variant, chance decides too much.
FEWEST = 100
BY_ITSELF = "musubi"


def await_winner(broadcast: Broadcast, rows: Sequence[Counted]) -> datetime | None:
    """Return when to look again, where nobody waits but for the winner; None where there is more to
    send. The winner is chosen by itself only where the difference is no chance."""
    waiting = {row.variant for row in rows if row.state == WAITING}
    if waiting != {NO_VARIANT}:
        return None
    now = utcnow()
    if broadcast.winner is not None:
        _assign(broadcast.id, broadcast.winner)
        return now
    if broadcast.first_sent_at is None and all(row.state != UNDER_WAY for row in rows):
        # Nobody of the test got it, so that waiting brings no answer.
        pause_by_itself(broadcast.id, "no_test")
        return now
    due = (broadcast.first_sent_at or now) + timedelta(hours=broadcast.split_hours)
    if now < due:
        return wait_for(broadcast.id, due, "split_test")
    winner = best_of(broadcast, rows)
    if winner is None:
        pause_by_itself(broadcast.id, "no_winner")
    else:
        _choose(broadcast.id, winner, BY_ITSELF, now)
    return now


def best_of(broadcast: Broadcast, rows: Sequence[Counted]) -> int | None:
    """Return the variant that is better than each other one; None: no difference was seen."""
    sent = {row.variant: row.people for row in rows if row.state == SENT}
    if len(sent) < 2 or min(sent.values()) < FEWEST:
        return None
    hits = hits_of(broadcast)
    best = max(sent, key=lambda variant: hits.get(variant, 0) / sent[variant])
    for variant in sent.keys() - {best}:
        found = difference(hits.get(best, 0), sent[best], hits.get(variant, 0), sent[variant])
        if found.interval.low <= 0:
            return None
    return best


def hits_of(broadcast: Broadcast) -> dict[int, int]:
    """Return how many people of each variant tapped, or reached the goal."""
    people = func.count(distinct(Recipient.friend_id))
    statement = select(Recipient.variant, people).where(
        Recipient.broadcast_id == broadcast.id, Recipient.state == SENT
    )
    if broadcast.split_by == "goal":
        statement = statement.join(
            GoalHit,
            (GoalHit.broadcast_id == Recipient.broadcast_id)
            & (GoalHit.friend_id == Recipient.friend_id),
        )
    else:
        statement = statement.join(LinkClick, LinkClick.delivery_id == Recipient.delivery_id)
    rows = db.session.execute(statement.group_by(Recipient.variant)).tuples()
    return {variant: count for variant, count in rows if variant is not None}


def choose_winner(broadcast: Broadcast, variant: int, by: str) -> None:
    """A person decides; the rest gets this variant. Raise `WrongState`."""
    with transaction():
        current = held_in(broadcast, SENDING, PAUSED)
        if current.winner is None:
            current.winner, current.winner_at, current.winner_by = variant, utcnow(), by
        if current.state == PAUSED:
            begin_sending(current, utcnow())
        wake(current)


def _choose(broadcast_id: int, variant: int, by: str, now: datetime) -> None:
    with transaction():
        current = Broadcast.held(broadcast_id)
        if current is not None and current.winner is None:
            current.winner, current.winner_at, current.winner_by = variant, now, by


def _assign(broadcast_id: int, variant: int) -> None:
    undecided = update(Recipient).where(
        Recipient.broadcast_id == broadcast_id,
        Recipient.state == WAITING,
        Recipient.variant.is_(None),
    )
    with transaction():
        Broadcast.held(broadcast_id)
        affected(undecided.values(variant=variant).execution_options(synchronize_session=False))
        recount(broadcast_id)
