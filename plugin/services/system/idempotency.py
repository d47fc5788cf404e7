"""Performs an API client's write once, however often it is sent under the same key."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, delete, update

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.sql import insert_or
from plugin.models.system.idempotency import IdempotentCall
from plugin.models.transaction import transaction

KEY_LIFETIME = timedelta(hours=24)
# A call that has not ended after this long has died; a repeat with its key may try.
AT_WORK = timedelta(minutes=2)
Verdict = Literal["go", "repeated", "at_work", "other_request"]


class Claim(NamedTuple):
    """The state of a key. Where the verdict is "go", `row` and `claimed_at` identify the claim."""

    verdict: Verdict
    row: int
    claimed_at: datetime
    status: int = 0
    answer: str = ""


def claim_key(installation_id: int, key: str, request: str) -> Claim:
    """Claim a key for this request (its SHA-256) or say why not; one of two racing calls wins."""
    now = utcnow()
    fresh = {
        "installation_id": installation_id, "key": key, "request": request, "answer": "",
        "claimed_at": now,
    }  # fmt: skip
    with transaction():
        statement = insert_or(IdempotentCall).values(fresh).on_conflict_do_nothing()
        claim_id = db.session.scalar(statement.returning(IdempotentCall.id))
        if claim_id is not None:
            return Claim("go", claim_id, now)
        row = IdempotentCall.of_key(installation_id, key)
        if row is None:
            # Its holder released it this very moment; the next try will get it.
            return Claim("at_work", 0, now)
        return _classify(row, request, now)


def store_response(claim: Claim, status: int, answer: str) -> None:
    """Store the response, which every repeat gets for 24 hours."""
    statement = update(IdempotentCall).where(*_held(claim))
    with transaction() as session:
        session.execute(statement.values(status=status, answer=answer))


def release(claim: Claim) -> None:
    """Let the key be used again, because nothing was written."""
    with transaction() as session:
        session.execute(delete(IdempotentCall).where(*_held(claim)))


def _classify(row: IdempotentCall, request: str, now: datetime) -> Claim:
    age = now - row.claimed_at
    if age >= KEY_LIFETIME or (row.status is None and age >= AT_WORK and row.request == request):
        row.request, row.status, row.answer, row.claimed_at = request, None, "", now
        return Claim("go", row.id, now)
    if row.request != request:
        return Claim("other_request", row.id, row.claimed_at)
    if row.status is None:
        return Claim("at_work", row.id, row.claimed_at)
    return Claim("repeated", row.id, row.claimed_at, row.status, row.answer)


def _held(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return IdempotentCall.id == claim.row, IdempotentCall.claimed_at == claim.claimed_at
