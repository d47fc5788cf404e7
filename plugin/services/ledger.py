"""The book of ties: a line for whatever happens to one, and the wishes that met another."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import or_, update

from plugin.core.linkage import Decision, Method
from plugin.models.base import affected, db
from plugin.models.conflict import KEPT, SETTLED, Conflict
from plugin.models.job import plant
from plugin.models.people import Contact, Friend, LedgerEntry, Linkage
from plugin.models.upsert import insert_or


class Wish(NamedTuple):
    """Who wants which tie and why. `actor`: the friend, a member's e-mail, an API key, a job."""

    friend: Friend
    contact: Contact
    method: Method
    actor: str
    source: str = ""


def write_down(
    deed: str,
    wish: Wish,
    now: datetime,
    before: dict[str, Any] | None = None,
    undoes: LedgerEntry | None = None,
) -> None:
    """Add a line, inside the caller's transaction. `before`: what was there, without LINE ids."""
    db.session.add(
        LedgerEntry(
            installation_id=wish.contact.installation_id,
            official_account_id=wish.friend.official_account_id,
            at=now,
            deed=deed,
            method=wish.method,
            actor=wish.actor,
            source=wish.source,
            line_user_id=wish.friend.line_user_id,
            contact_id=wish.contact.contact_id,
            before=before or {},
            undoes_id=undoes.id if undoes else None,
        )
    )


def note_conflict(wish: Wish, decision: Decision, standing: Linkage, now: datetime) -> bool:
    """Keep a wish that met a tie, inside the caller's transaction; True where it is news.

    A repeated import or event meets the same tie again and again: that is counted, not told.
    """
    facts = _facts(wish, decision, standing, now)
    fresh = {**facts, "times": 1, "opened_at": now, "decided_by": "", "verdict": ""}
    made = insert_or(Conflict).values(fresh).on_conflict_do_nothing().returning(Conflict.id)
    conflict_id = db.session.scalar(made)
    if conflict_id is None:
        conflict_id = _again(facts, now)
    if conflict_id is None:
        return False
    before = {"contact_id": standing.contact.contact_id, "friend_id": standing.friend_id}
    write_down("conflict", wish, now, {**before, "decision": decision})
    plant("check_conflict", conflict_id, wish.contact.installation_id)
    return True


def settle_conflicts(friend_id: int, contact_row_id: int, now: datetime) -> None:
    """The two are tied now, so there is nothing left to decide about this wish."""
    same = update(Conflict).where(
        Conflict.friend_id == friend_id,
        Conflict.contact_row_id == contact_row_id,
        Conflict.decided_at.is_(None),
    )
    values = {"decided_at": now, "verdict": SETTLED, "decided_by": ""}
    db.session.execute(same.values(values).execution_options(synchronize_session="fetch"))


def _facts(wish: Wish, decision: Decision, standing: Linkage, now: datetime) -> dict[str, Any]:
    return {
        "installation_id": wish.contact.installation_id,
        "official_account_id": wish.friend.official_account_id,
        "friend_id": wish.friend.id,
        "contact_row_id": wish.contact.id,
        "standing_friend_id": standing.friend_id,
        "standing_contact_row_id": standing.contact_row_id,
        "decision": decision,
        "method": wish.method,
        "actor": wish.actor,
        "source": wish.source,
        "seen_at": now,
    }


def _again(facts: dict[str, Any], now: datetime) -> int | None:
    """Count the wish; open it again where it was decided about another tie. Its id if it is new."""
    pair = update(Conflict).where(
        Conflict.friend_id == facts["friend_id"],
        Conflict.contact_row_id == facts["contact_row_id"],
    )
    same_tie = (
        Conflict.standing_friend_id == facts["standing_friend_id"],
        Conflict.standing_contact_row_id == facts["standing_contact_row_id"],
    )
    known = pair.where(or_(Conflict.decided_at.is_(None), Conflict.verdict == KEPT), *same_tie)
    if affected(known.values(times=Conflict.times + 1, seen_at=now)):
        return None
    opened = {
        "opened_at": now,
        "decided_at": None,
        "decided_by": "",
        "verdict": "",
        "gone_at": None,
    }
    made = pair.values(**facts, **opened, times=Conflict.times + 1).returning(Conflict.id)
    return db.session.scalar(made)
