"""A person decides who is tied to whom, where two wishes met; and what helps to decide."""

from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.gateways import Channel, GatewayError
from plugin.models.base import affected, db, repeated, transaction
from plugin.models.conflict import KEPT, MOVED, Conflict
from plugin.services import Outside
from plugin.services.ledger import Wish, write_down
from plugin.services.link_friend import contact_rows_of, lock_contacts, move
from plugin.services.take_property import clear_turned_down


@repeated
def keep_as_is(conflict: Conflict, actor: str) -> bool:
    """The tie that stands is right. False: the conflict is decided already."""
    with transaction():
        lock_contacts([conflict.contact_row_id])
        if not _decide(conflict, KEPT, actor):
            return False
        wish = _wish(conflict, actor)
        write_down("kept", wish, utcnow())
        clear_turned_down(wish)
    return True


@repeated
def move_link(conflict: Conflict, actor: str) -> bool:
    """The new one is right: what stands gives way. False: it is decided, or the contact is gone."""
    with transaction():
        lock_contacts([conflict.contact_row_id, *contact_rows_of(conflict.friend)])
        if conflict.contact.deleted_at is not None or not _decide(conflict, MOVED, actor):
            return False
        move(_wish(conflict, actor))
    return True


def check_conflict(outside: Outside, conflict_id: int) -> None:
    """See whether LINE still shows the friend who is tied.

    Who deletes the LINE account and makes a new one comes back under a new user id, and LINE says
    nothing of it: the contact then meets a second friend while the first is nowhere any more. LINE
    shows a blocking friend no more either, so it is a hint for a person, and moves nothing.
    """
    conflict = db.session.get(Conflict, conflict_id)
    if conflict is None or conflict.decided_at is not None:
        return
    friend, account = conflict.standing_friend, conflict.official_account
    if friend.id == conflict.friend_id:
        return
    channel = Channel(account.channel_id, account.channel_secret)
    try:
        outside.gateways.line.profile(channel, friend.line_user_id)
        gone = None
    except GatewayError as error:
        if not (error.permanent and error.reason in ("not_found", "invalid")):
            raise
        gone = utcnow()
    with transaction():
        conflict.gone_at = gone


def _wish(conflict: Conflict, actor: str) -> Wish:
    return Wish(conflict.friend, conflict.contact, "manual", actor, f"conflict:{conflict.id}")


def _decide(conflict: Conflict, verdict: str, actor: str) -> bool:
    """One decision for each conflict, whoever presses first."""
    mine = update(Conflict).where(Conflict.id == conflict.id, Conflict.decided_at.is_(None))
    values = {"decided_at": utcnow(), "decided_by": actor, "verdict": verdict}
    return affected(mine.values(values)) == 1
