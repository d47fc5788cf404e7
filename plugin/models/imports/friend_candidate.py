"""LINE User IDs of an uploaded file, with their outcomes."""

from sqlalchemy import ForeignKey, Index, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, db
from plugin.models.imports.friend_import import WAITING


class FriendCandidate(Base):
    __tablename__ = "friend_candidate"
    __table_args__ = (Index("friend_candidate_waiting", "friend_import_id", "outcome"),)

    friend_import_id: Mapped[int] = mapped_column(ForeignKey("friend_import.id"), primary_key=True)
    line_user_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(20), default=WAITING)

    @classmethod
    def of_import(cls, import_id: int, outcome: str, limit: int) -> list[str]:
        statement = select(cls.line_user_id).where(cls.friend_import_id == import_id)
        statement = statement.where(cls.outcome == outcome).order_by(cls.line_user_id)
        return list(db.session.scalars(statement.limit(limit)))

    @classmethod
    def forget(cls, import_id: int) -> None:
        """Delete an import's ids, in the caller's transaction, once none is looked up any more."""
        statement = delete(cls).where(cls.friend_import_id == import_id)
        db.session.execute(statement, execution_options={"synchronize_session": False})
