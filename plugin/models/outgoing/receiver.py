"""Receivers of outgoing webhooks: an address, chosen events and a secret."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Select, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, Sealed, UTCDateTime, db

# Why one was switched off by itself: it took nothing for days, or it answered 410 (Gone).
FAILING, GONE = "failing", "gone"


class WebhookReceiver(Base):
    """`active` is the team's choice. `halted_at`: switched off by itself since then; its events are
    still kept, and go out when a person switches it on again. `removed_at`: nobody finds it any
    more, and a job deletes its log."""

    __tablename__ = "webhook_receiver"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"), index=True)
    url: Mapped[str] = mapped_column(String(2000))
    events: Mapped[list[str]] = mapped_column(JSON)
    secret: Mapped[str] = mapped_column(Sealed)
    # Signs as well until then, so that a receiver can change to the new one without a gap.
    previous_secret: Mapped[str] = mapped_column(Sealed, default="")
    previous_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    active: Mapped[bool] = mapped_column(default=True)
    halted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    halt_reason: Mapped[str] = mapped_column(String(20), default="")
    # Events that failed since the last call that went well, and since when.
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    rests_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_success_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_failure_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # A word of `Outcome.error`, or "status" with the number in `last_status`.
    last_error: Mapped[str] = mapped_column(String(20), default="")
    last_status: Mapped[int] = mapped_column(default=0)
    # Events whose time was over before it took them.
    lost: Mapped[int] = mapped_column(default=0, server_default="0")
    lost_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def is_called(self) -> bool:
        return self.active and self.halted_at is None

    @property
    def takes_nothing(self) -> bool:
        """Whether the team wants it called, and it does not take what it is sent."""
        return self.active and (self.halted_at is not None or self.failing_since is not None)

    def valid_secrets(self, now: datetime) -> tuple[str, ...]:
        """Return the secrets that sign at this moment, newest first."""
        lasts = self.previous_until is not None and now < self.previous_until
        return (self.secret, self.previous_secret) if lasts else (self.secret,)

    @classmethod
    def owned(cls, installation_id: int) -> "Select[tuple[WebhookReceiver]]":
        statement = select(cls).where(
            cls.installation_id == installation_id, cls.removed_at.is_(None)
        )
        return statement.order_by(cls.id)

    @classmethod
    def list_owned(cls, installation_id: int) -> "list[WebhookReceiver]":
        statement = cls.owned(installation_id).execution_options(populate_existing=True)
        return list(db.session.scalars(statement))

    @classmethod
    def find_owned(cls, installation_id: int, receiver_id: int) -> "WebhookReceiver | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == receiver_id))

    @classmethod
    def by_id(cls, receiver_id: int) -> "WebhookReceiver | None":
        return _present(db.session.get(cls, receiver_id, populate_existing=True))

    @classmethod
    def held(cls, receiver_id: int) -> "WebhookReceiver | None":
        """Return it locked, inside the caller's transaction."""
        return _present(
            db.session.get(
                cls, receiver_id, with_for_update={"key_share": True}, populate_existing=True
            )
        )

    @classmethod
    def count_owned(cls, installation_id: int) -> int:
        found = cls.owned(installation_id).order_by(None).subquery()
        return db.session.scalar(select(func.count()).select_from(found)) or 0


def _present(receiver: WebhookReceiver | None) -> WebhookReceiver | None:
    return None if receiver is None or receiver.removed_at is not None else receiver
