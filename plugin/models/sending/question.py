"""Questions asked on LINE, and their answers."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.people.friend import Friend
from plugin.models.sending.action_call import ActionCall

# OPEN until the first answer, the time-out, or the result that the question never arrived.
OPEN, ANSWERED, TIMED_OUT, UNSENT = "open", "answered", "timed_out", "unsent"


class Question(Base):
    __tablename__ = "question"
    __table_args__ = (Index("question_of_friend", "friend_id", "state", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    # What a tap carries; unguessable.
    reference: Mapped[str] = mapped_column(String(40), unique=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    friend_id: Mapped[int] = mapped_column(ForeignKey("friend.id"))
    action_call_id: Mapped[int] = mapped_column(ForeignKey("action_call.id"), unique=True)
    choices: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(20), default=OPEN)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closes_at: Mapped[datetime] = mapped_column(UTCDateTime)
    answer: Mapped[str] = mapped_column(String(300), default="")
    answer_text: Mapped[str] = mapped_column(String(5000), default="")
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # An answer after the time-out, kept apart from the one that counted.
    late_answer: Mapped[str] = mapped_column(String(300), default="")
    late_text: Mapped[str] = mapped_column(String(5000), default="")
    late_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    friend: Mapped[Friend] = relationship(lazy="joined", innerjoin=True)
    action_call: Mapped[ActionCall] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def by_id(cls, question_id: int) -> "Question | None":
        return db.session.get(cls, question_id, populate_existing=True)

    @classmethod
    def of_reference(cls, reference: str) -> "Question | None":
        return db.session.scalar(select(cls).where(cls.reference == reference))

    @classmethod
    def of_call(cls, action_call_id: int) -> "Question | None":
        return db.session.scalar(select(cls).where(cls.action_call_id == action_call_id))

    @classmethod
    def of_friend(cls, friend_id: int, states: tuple[str, ...], limit: int) -> "list[Question]":
        statement = select(cls).where(cls.friend_id == friend_id, cls.state.in_(states))
        return list(db.session.scalars(statement.order_by(cls.id.desc()).limit(limit)))
