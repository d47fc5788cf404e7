"""Runs of a list import, with their counts."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db

IDLE, RUNNING, FINISHED, FAILED, STOPPED = "idle", "running", "finished", "failed", "stopped"
# Outcomes of a contact's value; those that count as a conflict wait for a person.
LINKED, ALREADY_LINKED, EMPTY = "linked", "already_linked", "empty"
INVALID_ID, UNKNOWN_FRIEND = "invalid_id", "unknown_friend"
CONFLICTS = ("several_ids", "shared_id", "friend_taken", "contact_taken", "unlinked")
PROBLEMS = (INVALID_ID, UNKNOWN_FRIEND, *CONFLICTS)


class ImportRun(Base):
    """One pass over a list, whole or over what changed."""

    __tablename__ = "import_run"
    __table_args__ = (Index("import_run_of_import", "list_import_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    list_import_id: Mapped[int] = mapped_column(ForeignKey("list_import.id"))
    state: Mapped[str] = mapped_column(String(20), default=RUNNING)
    # `phase` and `after` say where the run is.
    phase: Mapped[str] = mapped_column(String(20), default="begin")
    whole: Mapped[bool] = mapped_column(default=True)
    after: Mapped[str] = mapped_column(String(500), default="")
    # Members whose contacts are still to be read.
    pending: Mapped[list[int]] = mapped_column(JSON, default=list)
    # The cursor in LINE's list of friends.
    followers_after: Mapped[str] = mapped_column(String(500), default="")
    # Counts stored batches, so that none is stored twice.
    step: Mapped[int] = mapped_column(default=0)
    # Members as HubSpot counted them last; `shrunk`: members left during the paging.
    size: Mapped[int | None] = mapped_column()
    shrunk: Mapped[bool] = mapped_column(default=False)
    # HubSpot returns members in the order of joining; otherwise by record id.
    by_join: Mapped[bool] = mapped_column(default=True)
    # `core.cursors`: the cursors met in this phase, and in LINE's list.
    trail: Mapped[str] = mapped_column(String(60), default="", server_default="")
    followers_trail: Mapped[str] = mapped_column(String(60), default="", server_default="")
    incomplete: Mapped[bool] = mapped_column(default=False)
    tail_after: Mapped[str | None] = mapped_column(String(500))
    tail_id: Mapped[int | None] = mapped_column(BigInteger)
    read: Mapped[int] = mapped_column(default=0)
    linked: Mapped[int] = mapped_column(default=0)
    already_linked: Mapped[int] = mapped_column(default=0)
    empty: Mapped[int] = mapped_column(default=0)
    deleted: Mapped[int] = mapped_column(default=0)
    invalid_id: Mapped[int] = mapped_column(default=0)
    unknown_friend: Mapped[int] = mapped_column(default=0)
    conflict: Mapped[int] = mapped_column(default=0)
    # LINE user ids looked up at LINE one by one, and those that it knew.
    asked: Mapped[int] = mapped_column(default=0)
    answered: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(500), default="")
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def of_import(cls, import_id: int) -> Select[tuple["ImportRun"]]:
        return select(cls).where(cls.list_import_id == import_id).order_by(cls.id.desc())

    @classmethod
    def newest(cls, import_id: int, limit: int) -> "list[ImportRun]":
        fresh = cls.of_import(import_id).execution_options(populate_existing=True)
        return list(db.session.scalars(fresh.limit(limit)))

    @classmethod
    def running(cls, import_id: int) -> "ImportRun | None":
        statement = select(cls).where(cls.list_import_id == import_id, cls.state == RUNNING)
        fresh = statement.order_by(cls.id.desc()).execution_options(populate_existing=True)
        return db.session.scalar(fresh.limit(1))
