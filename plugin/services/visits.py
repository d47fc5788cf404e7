"""Counting what happens on the friends' way in."""

from plugin.core.clock import utcnow
from plugin.models.base import db, transaction
from plugin.models.qr_code import QRCode, VisitCount
from plugin.models.upsert import insert_or


def count_visit(code: QRCode | None, outcome: str) -> None:
    """One more of `outcome` today, in a transaction of its own."""
    with transaction():
        add_visit(code.id if code else 0, outcome)


def add_visit(qr_code_id: int, outcome: str) -> None:
    """One more of `outcome` today, inside the caller's transaction. 0: the code is unknown."""
    row = {"qr_code_id": qr_code_id, "day": utcnow().date(), "outcome": outcome, "count": 1}
    statement = insert_or(VisitCount).values(row)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["qr_code_id", "day", "outcome"], set_={"count": VisitCount.count + 1}
        )
    )
