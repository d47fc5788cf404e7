"""Friends: LINE users as one Official Account knows them."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.tag import Tag
from plugin.models.sql import among, partial_index
from plugin.models.system.activity import count

if TYPE_CHECKING:
    from plugin.models.people.linkage import Linkage

FOLLOWING, BLOCKED, UNKNOWN = "following", "blocked", "unknown"


class Friend(Base):
    __tablename__ = "friend"
    __table_args__ = (
        UniqueConstraint("official_account_id", "line_user_id"),
        # The orders in which the list of friends stands, and a filter of it.
        Index("friend_newest", "official_account_id", "id"),
        Index("friend_by_name", "official_account_id", "display_name", "id"),
        Index("friend_by_message", "official_account_id", "last_received_at", "id"),
        Index("friend_by_change", "official_account_id", "status_since", "id"),
        Index("friend_by_status", "official_account_id", "status", "id"),
        # Empty in the end, full while a large account's friends are imported.
        partial_index(
            "friend_profile_owed", "official_account_id", "id", part="profile_at IS NULL"
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    line_user_id: Mapped[str] = mapped_column(String(80), index=True)
    display_name: Mapped[str] = mapped_column(String(255), default="")
    picture_url: Mapped[str] = mapped_column(String(2000), default="")
    language: Mapped[str] = mapped_column(String(20), default="")
    status: Mapped[str] = mapped_column(String(20), default=UNKNOWN)
    # When LINE last reported the status, by the event's own time, and since when it is so;
    # `status_since` None: no change was ever seen.
    status_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    status_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    profile_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_received_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The result of the last send, a refused one too: a `core.properties.SEND_RESULTS`.
    last_result: Mapped[str] = mapped_column(String(40), default="", server_default="")
    last_clicked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    official_account: Mapped[OfficialAccount] = relationship(lazy="joined", innerjoin=True)
    linkage: Mapped["Linkage | None"] = relationship(back_populates="friend", lazy="joined")
    # Changed by `services.friends.tags` alone. Whoever shows many friends loads them at once.
    given_tags: Mapped[list[Tag]] = relationship(
        secondary="friend_tag", order_by="FriendTag.place", viewonly=True
    )

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["Friend"]]:
        accounts = OfficialAccount.owned(installation_id).with_only_columns(OfficialAccount.id)
        return select(cls).where(cls.official_account_id.in_(accounts.order_by(None)))

    @classmethod
    def find_owned(cls, installation_id: int, friend_id: int) -> "Friend | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == friend_id))

    @classmethod
    def of_account(cls, account_id: int, line_user_id: str) -> "Friend | None":
        statement = select(cls).where(cls.official_account_id == account_id)
        return db.session.scalar(statement.where(cls.line_user_id == line_user_id))

    @property
    def tags(self) -> list[str]:
        return [tag.name for tag in self.given_tags]

    def note_status(self, status: str, at: datetime) -> bool:
        """Store a newer status. Return False for a late, older event (LINE keeps no order)."""
        if self.status_at is not None and at < self.status_at:
            return False
        if status != self.status:
            self.status_since = at
            self.change_status(status)
        self.status_at = at
        return True

    def change_status(self, status: str) -> None:
        """Store it, and count the change."""
        # What it was is read under a lock, so that two transactions do not count one change twice.
        standing = select(Friend.status).where(Friend.id == self.id).with_for_update()
        count_status(self.official_account_id, db.session.scalar(standing), status)
        self.status = status


def count_status(account_id: int, was: str | None, status: str, n: int = 1) -> None:
    """Count so many friends whose status has changed, in the caller's transaction."""
    if was != status:
        for name, change in ((was, -n), (status, n)):
            if name in (FOLLOWING, BLOCKED):
                count(account_id, name, change)


def note_sent(friend_ids: Sequence[int], now: datetime) -> None:
    """Store that LINE took a message for each of them, in the caller's transaction, and leave
    loaded objects unchanged."""
    # In the order of ids, against deadlocks.
    locked = select(Friend.id).where(Friend.id.in_(friend_ids)).order_by(Friend.id)
    sent = update(Friend).where(among(Friend.id, locked.with_for_update()))
    values = {"last_sent_at": now, "last_result": "sent"}
    db.session.execute(sent.values(values), execution_options={"synchronize_session": False})
