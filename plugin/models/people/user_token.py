"""LINE Login tokens that unlinking needs."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, Sealed, UTCDateTime, db


class UserToken(Base):
    """The newest access token of a friend at our LINE Login channel. LINE must be notified of an
    unlinking, by a token that still lives (LINE Login, `POST /user/v1/deauthorize`). The refresh
    token renews an expired one; LIFF's tokens have none."""

    __tablename__ = "user_token"

    friend_id: Mapped[int] = mapped_column(ForeignKey("friend.id"), primary_key=True)
    login_channel_id: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Sealed)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    refresh_text: Mapped[str | None] = mapped_column(Sealed)
    refresh_until: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def of_friend(cls, friend_id: int) -> "UserToken | None":
        return db.session.scalar(select(cls).where(cls.friend_id == friend_id))
