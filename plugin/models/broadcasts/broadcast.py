"""Broadcasts: a message to all friends, a segment, a HubSpot list or an uploaded list."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Select, String, select, text, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.connections.api_key import ApiKey
from plugin.models.connections.official_account import OfficialAccount

DRAFT, SCHEDULED, SENDING, PAUSED, FINISHED, CANCELLED = (
    "draft", "scheduled", "sending", "paused", "finished", "cancelled",
)  # fmt: skip
ALL, SEGMENT, LIST, UPLOAD = "all", "segment", "list", "upload"
# Whether another member has to agree: no, not yet, agreed, refused, too late.
NO_APPROVAL, ASKED, APPROVED, DECLINED, EXPIRED = "", "asked", "approved", "declined", "expired"


class Broadcast(Base):
    """One broadcast. Its audience is frozen into Recipients when it starts (`frozen_at`)."""

    __tablename__ = "broadcast"
    __table_args__ = (
        Index("broadcast_of_account", "official_account_id", "id"),
        Index("broadcast_in_state", "state", "schedule_at"),
        Index("broadcast_of_form", "official_account_id", "form_key", unique=True),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    name: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(20), default=DRAFT)
    # Why it is paused by itself, or why it could not start; a key of `services.broadcasts.words`.
    reason: Mapped[str] = mapped_column(String(40), default="")
    error: Mapped[str] = mapped_column(String(500), default="")

    # Who: the segment's version and rule are stored when the audience is frozen.
    audience: Mapped[str] = mapped_column(String(20), default=ALL)
    segment_id: Mapped[int | None] = mapped_column(ForeignKey("segment.id"), index=True)
    segment_version: Mapped[int | None] = mapped_column()
    rule: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    # The rule asks for a linkage and everybody had one: whoever lost it since is left out.
    needs_link: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # A HubSpot list; read before the freeze, from the cursor on.
    list_id: Mapped[str] = mapped_column(String(40), default="")
    list_name: Mapped[str] = mapped_column(String(255), default="")
    list_after: Mapped[str] = mapped_column(String(255), default="")
    list_trail: Mapped[str] = mapped_column(String(60), default="")
    list_read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # An uploaded list: {"lines": n, "invalid": n, "unknown": n, "repeated": n}
    upload: Mapped[dict[str, int] | None] = mapped_column(JSON(none_as_null=True))

    # When. `per_minute` and `spread_minutes` spread the sends; None: as fast as LINE takes them.
    schedule_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    per_minute: Mapped[int | None] = mapped_column()
    spread_minutes: Mapped[int | None] = mapped_column()
    ignores_quiet_hours: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    silent: Mapped[bool] = mapped_column(default=False, server_default=text("false"))

    # How much. `cap_override`: the reason why the frequency cap does not count.
    cap_override: Mapped[str] = mapped_column(String(255), default="")
    budget: Mapped[int | None] = mapped_column()
    holdout_percent: Mapped[int] = mapped_column(default=0)
    # When the quota is short: "ask" (pause), "budget" (the most likely to tap), "next_month".
    when_short: Mapped[str] = mapped_column(String(20), default="ask")

    # A split test: percent of people that get a variant first (100: all), then the winner goes to
    # the rest. `split_by`: "taps" or "goal". `winner`: the variant chosen, None before.
    split_percent: Mapped[int] = mapped_column(default=100)
    split_by: Mapped[str] = mapped_column(String(10), default="taps")
    split_hours: Mapped[int] = mapped_column(default=4)
    winner: Mapped[int | None] = mapped_column()
    winner_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    winner_by: Mapped[str] = mapped_column(String(255), default="")

    # {"kind": "list"|"property"|"link"|"deal", "value": ..., "property"?: ..., "days": 1..30}
    goal: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    # When the last look at it ended.
    goal_read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # A HubSpot campaign: {"id": ..., "name": ..., "utm": ...}
    campaign: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))

    approval: Mapped[str] = mapped_column(String(20), default=NO_APPROVAL)
    approved_by: Mapped[str] = mapped_column(String(255), default="")
    approved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    # The same for each press of the form that made the draft.
    form_key: Mapped[str | None] = mapped_column(String(40))
    # Counts the saves of the draft, so that no save overwrites another unseen.
    version: Mapped[int] = mapped_column(default=1)
    # Chosen people: all rows, those left out and held out too, and not linked members of a list.
    total: Mapped[int] = mapped_column(default=0)
    # Since when it is sending, and how many had been claimed before: the rate counts from here.
    sending_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    claimed_before: Mapped[int] = mapped_column(default=0)
    # People who tapped a link, counted at each person's first tap.
    tapped: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    # Failures in a row; five pause it.
    failures_in_row: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[str] = mapped_column(String(255), default="")
    started_by: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    frozen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    first_sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The month's messages of the account before the first send, by LINE's count.
    used_before: Mapped[int | None] = mapped_column()
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    official_account: Mapped[OfficialAccount] = relationship(lazy="joined", innerjoin=True)

    @property
    def program(self) -> str:
        """Return the program or agent that drafted it; "" where a member did."""
        return self.created_by if ApiKey.WORDS in self.created_by else ""

    @classmethod
    def owned(cls, installation_id: int, archived: bool = False) -> Select[tuple["Broadcast"]]:
        owned = cls.official_account_id.in_(OfficialAccount.owned_ids(installation_id))
        shelf = cls.archived_at.is_not(None) if archived else cls.archived_at.is_(None)
        return select(cls).where(owned, shelf)

    @classmethod
    def find_owned(cls, installation_id: int, broadcast_id: int) -> "Broadcast | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == broadcast_id))

    @classmethod
    def of_form(cls, account_id: int, form_key: str) -> "Broadcast | None":
        own = cls.official_account_id == account_id, cls.form_key == form_key
        return db.session.scalar(select(cls).where(*own))

    @classmethod
    def by_id(cls, broadcast_id: int) -> "Broadcast | None":
        return db.session.get(cls, broadcast_id, populate_existing=True)

    @classmethod
    def campaign_utm(cls, broadcast_id: int) -> str:
        """Return what the links of a broadcast name as their campaign, "" for nothing."""
        campaign = db.session.scalar(select(cls.campaign).where(cls.id == broadcast_id))
        return str((campaign or {}).get("utm") or "")

    @classmethod
    def count_tap(cls, broadcast_id: int) -> None:
        counted = update(cls).where(cls.id == broadcast_id).values(tapped=cls.tapped + 1)
        db.session.execute(counted.execution_options(synchronize_session=False))

    @classmethod
    def held(cls, broadcast_id: int) -> "Broadcast | None":
        """Return the current row, locked until the caller's transaction ends."""
        statement = select(cls).where(cls.id == broadcast_id).with_for_update(of=cls)
        return db.session.scalar(statement.execution_options(populate_existing=True))
