"""Executions taken down in a crowd, with one statement each, and handed out in batches."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, bindparam, select, text, update

from plugin.models.base import UTCDateTime, db, write_alone
from plugin.models.sending import TAKEN, WORKING, ActionCall

# As text, since it is all that a crowded door does. The same execution is not taken twice, nor
# one of a portal that is not connected: then nothing comes back.
_TAKE = text("""
INSERT INTO action_call (
    installation_id, callback_id, action, contact_id, state, blocked, result, note,
    inputs, created_at, expires_at
)
SELECT id, :callback_id, :action, :contact_id, 'taken', :blocked, '', '',
    :inputs, :created_at, :expires_at
FROM installation WHERE portal_id = :portal_id AND state IN ('active', 'paused')
ON CONFLICT DO NOTHING RETURNING installation_id
""").bindparams(
    bindparam("inputs", type_=JSON()),
    bindparam("created_at", type_=UTCDateTime()),
    bindparam("expires_at", type_=UTCDateTime()),
)


class Taking(NamedTuple):
    """What HubSpot asked for and until when it was told to wait."""

    portal_id: int
    callback_id: str
    action: str
    contact_id: int
    inputs: Mapping[str, str]
    created_at: datetime
    expires_at: datetime


def take(taking: Taking) -> int | None:
    """Keep an execution for later, inside the caller's transaction; answers the Installation's id.

    None: it is known already, or the portal is not connected.
    """
    taken: int | None = db.session.scalar(_TAKE, _row(taking))
    return taken


def take_alone(taking: Taking) -> int | None:
    """The same as a transaction of its own."""
    taken: int | None = write_alone(_TAKE, _row(taking))
    return taken


def _row(taking: Taking) -> dict[str, Any]:
    return {**taking._asdict(), "blocked": True}


def hand_out(installation_id: int, limit: int) -> list[ActionCall]:
    """The oldest executions that wait, now in work, inside the caller's transaction."""
    mine = select(ActionCall.id).where(
        ActionCall.installation_id == installation_id, ActionCall.state == TAKEN
    )
    oldest = mine.order_by(ActionCall.id).limit(limit).with_for_update(skip_locked=True)
    taken = update(ActionCall).where(ActionCall.id.in_(oldest)).values(state=WORKING)
    found = db.session.scalars(
        taken.returning(ActionCall),
        execution_options={"synchronize_session": False, "populate_existing": True},
    )
    return sorted(found, key=lambda call: call.id)
