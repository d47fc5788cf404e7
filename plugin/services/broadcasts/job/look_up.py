"""Asks LINE about friends of unknown status, since it also accepts messages to no friends."""

from collections.abc import Sequence

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.recipient import LEFT_OUT, WAITING
from plugin.models.broadcasts.tally import move
from plugin.models.people.friend import FOLLOWING, UNKNOWN, Friend
from plugin.models.sql import one_of
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.broadcasts.job.claim import Person
from plugin.services.connections.channels import messaging_channel

AT_ONCE = 200


def look_up(deps: Dependencies, broadcast: Broadcast, people: Sequence[Person]) -> int:
    """Look up some of these people; return for how many LINE gave an answer. Whom it does not show
    is left out."""
    asked = people[:AT_ONCE]
    channel = messaging_channel(broadcast.official_account)
    shown = deps.gateways.line.profiles(channel, [person.line_user_id for person in asked])
    answered = [person for person in asked if person.line_user_id in shown]
    gone = [person.recipient_id for person in answered if shown[person.line_user_id] is None]
    found = [person.friend_id for person in answered if shown[person.line_user_id] is not None]
    locked = select(Friend).where(one_of(Friend.id, found), Friend.status == UNKNOWN)
    with transaction() as session:
        Broadcast.held(broadcast.id)
        for friend in session.scalars(locked.order_by(Friend.id).with_for_update(of=Friend)):
            friend.note_status(FOLLOWING, utcnow())
        move(broadcast.id, gone, WAITING, LEFT_OUT, "not_friend", settled_at=utcnow())
    return len(answered)
