"""Addresses that tracked links lead to."""

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, db


class LinkTarget(Base):
    __tablename__ = "link_target"
    # One row per address and account, however often it is sent.
    __table_args__ = (UniqueConstraint("official_account_id", "fingerprint"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    fingerprint: Mapped[str] = mapped_column(String(64))
    url: Mapped[str] = mapped_column(String(2000))
    # The address holds this friend's own data and is erased with the friend.
    friend_id: Mapped[int | None] = mapped_column(index=True)

    @classmethod
    def id_of(cls, account_id: int, fingerprint: str) -> int | None:
        statement = select(cls.id).where(cls.official_account_id == account_id)
        return db.session.scalar(statement.where(cls.fingerprint == fingerprint))

    @classmethod
    def by_id(cls, target_id: int) -> "LinkTarget | None":
        return db.session.get(cls, target_id)
