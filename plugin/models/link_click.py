"""Tracked links: where they lead, and who tapped them."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db


class LinkTarget(Base):
    """An address that an account's buttons lead to; one row however often it is sent.

    `friend_id`: it holds this friend's own words, and is forgotten with them.
    """

    __tablename__ = "link_target"
    __table_args__ = (UniqueConstraint("official_account_id", "fingerprint"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    fingerprint: Mapped[str] = mapped_column(String(64))
    url: Mapped[str] = mapped_column(String(2000))
    friend_id: Mapped[int | None] = mapped_column(index=True)

    @classmethod
    def id_of(cls, account_id: int, fingerprint: str) -> int | None:
        """The id of an address, where it was sent before."""
        mine = select(cls.id).where(cls.official_account_id == account_id)
        return db.session.scalar(mine.where(cls.fingerprint == fingerprint))

    @classmethod
    def by_id(cls, target_id: int) -> "LinkTarget | None":
        """For a signed code, which carries the row's own id."""
        return db.session.get(cls, target_id)


class LinkClick(Base):
    """Taps of one button of one message: the first, the last, how many."""

    __tablename__ = "link_click"
    __table_args__ = (UniqueConstraint("delivery_id", "link_target_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"))
    link_target_id: Mapped[int] = mapped_column(ForeignKey("link_target.id"))
    first_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_at: Mapped[datetime] = mapped_column(UTCDateTime)
    count: Mapped[int] = mapped_column(default=1)

    @classmethod
    def of_deliveries(cls, delivery_ids: list[int]) -> "list[tuple[LinkClick, LinkTarget]]":
        """What was tapped in these messages, with where it led."""
        found = select(cls, LinkTarget).join(LinkTarget, LinkTarget.id == cls.link_target_id)
        rows = db.session.execute(found.where(cls.delivery_id.in_(delivery_ids)).order_by(cls.id))
        return [(click, target) for click, target in rows]
