"""Static HubSpot lists that are made of a segment's friends or of a broadcast's recipients."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db

RUNNING, FINISHED, FAILED = "running", "finished", "failed"
NOT_ALLOWED, ACCOUNT_GONE, RULE_BROKEN = "not_allowed", "account_gone", "rule_broken"


class ListExport(Base):
    __tablename__ = "list_export"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"), index=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    name: Mapped[str] = mapped_column(String(255))
    # A segment's "rule", a "filter" of the friend list, or a "broadcast" with the filter of its
    # recipients.
    source: Mapped[dict[str, Any]] = mapped_column(JSON)
    # HubSpot's id once the list is made.
    list_id: Mapped[str] = mapped_column(String(40), default="")
    state: Mapped[str] = mapped_column(String(20), default=RUNNING)
    # Why it failed, a constant of above; "": by HubSpot's own words, which are the error.
    reason: Mapped[str] = mapped_column(String(20), default="")
    error: Mapped[str] = mapped_column(String(500), default="")
    after_id: Mapped[int] = mapped_column(BigInteger, default=0)
    added: Mapped[int] = mapped_column(default=0)
    # Friends without a linked contact cannot be in a list of contacts.
    not_linked: Mapped[int] = mapped_column(default=0)
    actor: Mapped[str] = mapped_column(String(255), default="")
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["ListExport"]]:
        return select(cls).where(cls.installation_id == installation_id).order_by(cls.id.desc())

    @classmethod
    def find_owned(cls, installation_id: int, export_id: int) -> "ListExport | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == export_id))
