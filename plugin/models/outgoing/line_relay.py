"""LINE's own webhook, relayed to the tool that had it before, or to another."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.connections.official_account import OfficialAccount

# In `last_error`: the other tool calls Musubi with what Musubi relayed to it.
LOOP = "loop"
# What comes back does so while the other tool has the call, or soon after; it is noted so often.
COMES_BACK_WITHIN, LOOP_NOTED_EVERY = timedelta(seconds=15), timedelta(seconds=5)
# So long the loss of calls is said, also where later ones were taken.
LOSS_SAID = timedelta(days=7)


class LineRelay(Base):
    """Where an account's calls of LINE go as well, and how that goes. None: nowhere."""

    __tablename__ = "line_relay"

    official_account_id: Mapped[int] = mapped_column(
        ForeignKey("official_account.id"), primary_key=True
    )
    url: Mapped[str] = mapped_column(String(2000))
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    last_success_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_failure_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_error: Mapped[str] = mapped_column(String(20), default="")
    last_status: Mapped[int] = mapped_column(default=0)
    # Calls that the other tool refused for good, or did not take in time.
    dropped: Mapped[int] = mapped_column(default=0)
    dropped_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def is_failing(self) -> bool:
        """Whether its last call was not taken."""
        failed, taken = self.last_failure_at, self.last_success_at
        return failed is not None and (taken is None or failed > taken)

    @property
    def sends_back(self) -> bool:
        """Whether the last call that was taken came back."""
        back, taken = self.last_failure_at, self.last_success_at
        if self.last_error != LOOP or back is None:
            return False
        return taken is None or back > taken - COMES_BACK_WITHIN

    def lost_lately(self, now: datetime) -> bool:
        return self.dropped_at is not None and now - self.dropped_at < LOSS_SAID

    @classmethod
    def of_account(cls, account_id: int) -> "LineRelay | None":
        return db.session.get(cls, account_id, populate_existing=True)

    @classmethod
    def held(cls, account_id: int) -> "LineRelay | None":
        return db.session.get(
            cls, account_id, with_for_update={"key_share": True}, populate_existing=True
        )

    @classmethod
    def list_owned(cls, installation_id: int) -> "list[tuple[OfficialAccount, LineRelay]]":
        statement = select(OfficialAccount, cls).join(
            cls, cls.official_account_id == OfficialAccount.id
        )
        owned = statement.where(
            OfficialAccount.installation_id == installation_id,
            OfficialAccount.archived_at.is_(None),
        )
        return [(account, relay) for account, relay in db.session.execute(owned).tuples()]


class RelayedCall(Base):
    """One call of LINE, byte for byte, until the other tool has it or its time is over."""

    __tablename__ = "relayed_call"
    __table_args__ = (Index("relayed_call_of_account", "official_account_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(200))
    user_agent: Mapped[str] = mapped_column(String(300))
    # Who has relayed it so far, and Musubi.
    via: Mapped[str] = mapped_column(Text, default="", server_default="")
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @classmethod
    def first(cls, account_id: int) -> "RelayedCall | None":
        statement = select(cls).where(cls.official_account_id == account_id)
        ordered = statement.order_by(cls.id).limit(1)
        return db.session.scalar(ordered.execution_options(populate_existing=True))
