"""Taps on tracked links: for each button of a message the first, the last and how many."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, exists, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.sending.link_target import LinkTarget


class LinkClick(Base):
    __tablename__ = "link_click"
    __table_args__ = (
        UniqueConstraint("delivery_id", "link_target_id"),
        # A segment looks up who tapped one link.
        Index("link_click_of_target", "link_target_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"))
    link_target_id: Mapped[int] = mapped_column(ForeignKey("link_target.id"))
    first_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_at: Mapped[datetime] = mapped_column(UTCDateTime)
    count: Mapped[int] = mapped_column(default=1)

    @classmethod
    def any_of(cls, delivery_id: int) -> bool:
        return bool(db.session.scalar(select(exists().where(cls.delivery_id == delivery_id))))

    @classmethod
    def of_deliveries(cls, delivery_ids: list[int]) -> "list[tuple[LinkClick, LinkTarget]]":
        statement = select(cls, LinkTarget).join(LinkTarget, LinkTarget.id == cls.link_target_id)
        rows = db.session.execute(
            statement.where(cls.delivery_id.in_(delivery_ids)).order_by(cls.id)
        )
        return [(click, target) for click, target in rows]
