"""Members of the HubSpot list or the upload that a broadcast goes to, before the freeze."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint, delete
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, db
from plugin.models.broadcasts.broadcast import UPLOAD, Broadcast
from plugin.models.sql import insert_or
from plugin.models.transaction import affected


class AudienceMember(Base):
    """Either HubSpot's contact id or a LINE user id."""

    __tablename__ = "audience_member"
    __table_args__ = (
        UniqueConstraint("broadcast_id", "contact_id"),
        UniqueConstraint("broadcast_id", "line_user_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcast.id"))
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    line_user_id: Mapped[str | None] = mapped_column(String(80))


class Uploaded(NamedTuple):
    """Who an uploaded list names; `report`: how many lines were what."""

    report: dict[str, int]
    user_ids: set[str]
    contact_ids: set[int]


def start_over(broadcast: Broadcast) -> None:
    """Forget what was read, inside the caller's transaction."""
    forget_members(broadcast.id)
    broadcast.list_after = broadcast.list_trail = broadcast.reason = broadcast.error = ""
    broadcast.list_read_at = None


def forget_members(broadcast_id: int) -> None:
    """Delete what the freeze needed, inside the caller's transaction."""
    affected(delete(AudienceMember).where(AudienceMember.broadcast_id == broadcast_id))


def add_members(broadcast_id: int, rows: Iterable[dict[str, object]]) -> None:
    """Add those who are not there yet, inside the caller's transaction."""
    values = [{"broadcast_id": broadcast_id, **row} for row in rows]
    if values:
        db.session.execute(insert_or(AudienceMember).on_conflict_do_nothing(), values)


def fill(draft: Broadcast, uploaded: Uploaded) -> None:
    """Make a list the draft's audience, inside the caller's transaction."""
    start_over(draft)
    draft.audience, draft.upload, draft.list_id, draft.list_name = UPLOAD, uploaded.report, "", ""
    draft.version += 1
    add_members(draft.id, [{"line_user_id": user_id} for user_id in sorted(uploaded.user_ids)])
    add_members(
        draft.id, [{"contact_id": contact_id} for contact_id in sorted(uploaded.contact_ids)]
    )
