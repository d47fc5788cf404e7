"""How many people of a planned broadcast get another one in the same days."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, exists, func, or_, select

from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.overlap import REACHED
from plugin.models.broadcasts.recipient import Recipient
from plugin.models.people.friend import FOLLOWING, Friend
from plugin.models.time_limit import TooSlow, time_limit
from plugin.services.broadcasts.freeze import CouldNotStart, chosen_friends

# A page waits so long for one broadcast; what takes longer is not told.
SECONDS = 2.0


class Planned(NamedTuple):
    """`people`: how many it would reach now; `again`: how many of them get another one too."""

    people: int
    again: int


def planned_overlap(broadcast: Broadcast, others: Sequence[Broadcast]) -> Planned | None:
    """Count one planned broadcast against others, planned or started; None where that takes too
    long or the audience cannot be read."""
    try:
        with time_limit(SECONDS):
            again = func.sum(case((or_(*_gets(others)), 1), else_=0))
            own = Friend.official_account_id == broadcast.official_account_id
            statement = select(func.count(), again).where(
                own, Friend.status == FOLLOWING, Friend.id.in_(chosen_friends(broadcast))
            )
            people, twice = db.session.execute(statement).one()
    except (TooSlow, CouldNotStart):
        return None
    return Planned(people, twice or 0)


def _gets(others: Sequence[Broadcast]) -> list[ColumnElement[bool]]:
    frozen = [other.id for other in others if other.frozen_at is not None]
    reached = exists().where(
        Recipient.friend_id == Friend.id,
        Recipient.broadcast_id.in_(frozen),
        Recipient.state.in_(REACHED),
    )
    planned = [Friend.id.in_(chosen_friends(other)) for other in others if other.frozen_at is None]
    return [reached, *planned]
