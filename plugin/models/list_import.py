"""Imports of LINE User IDs that stand in a property of the contacts of a HubSpot list."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Select, String, func, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.official_account import OfficialAccount
from plugin.models.partial import partial_index

IDLE, RUNNING, FINISHED, FAILED, STOPPED = "idle", "running", "finished", "failed", "stopped"
# What a contact's value can come to; what is counted as a conflict waits for a person.
LINKED, ALREADY_LINKED, EMPTY = "linked", "already_linked", "empty"
INVALID_ID, UNKNOWN_FRIEND = "invalid_id", "unknown_friend"
CONFLICTS = ("several_ids", "shared_id", "friend_taken", "contact_taken", "unlinked")
PROBLEMS = (INVALID_ID, UNKNOWN_FRIEND, *CONFLICTS)
# Whose outcome nobody needs to look at.
UNSETTLED = "outcome NOT IN ('', 'linked', 'already_linked', 'empty')"
_MEMBER = ("list_import_id", "contact_id")
# In a cursor's place, and no cursor looks like this: there is no more; nothing is given to us.
ENDED, REFUSED = "-", "!"


class ListImport(Base):
    """What is imported from where, and how often (`every_minutes`; 0: only when told).

    `tail_after` and `tail_id`: the cursor of the last page of members and the first id on it, from
    where the next run looks for whoever joined. None: the next run reads the whole list.
    """

    __tablename__ = "list_import"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"), index=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    list_id: Mapped[str] = mapped_column(String(40))
    list_name: Mapped[str] = mapped_column(String(255), default="")
    property_name: Mapped[str] = mapped_column(String(200))
    every_minutes: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(20), default=IDLE)
    next_run_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # When the newest complete pass over all members began, and the newest run that ended well.
    whole_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    changed_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    tail_after: Mapped[str | None] = mapped_column(String(500))
    tail_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    official_account: Mapped[OfficialAccount] = relationship(lazy="joined", innerjoin=True)

    @property
    def last_run(self) -> "ImportRun | None":
        """The newest run, whatever became of it."""
        return next(iter(ImportRun.newest(self.id, 1)), None)

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["ListImport"]]:
        """The imports of one tenant that were not removed."""
        mine = select(cls).where(cls.installation_id == installation_id)
        return mine.where(cls.archived_at.is_(None)).order_by(cls.id)

    @classmethod
    def find_owned(cls, installation_id: int, import_id: int) -> "ListImport | None":
        """One import of the tenant, or None whether it is missing or foreign."""
        return db.session.scalar(cls.owned(installation_id).where(cls.id == import_id))

    @classmethod
    def by_id(cls, import_id: int) -> "ListImport | None":
        """For jobs, which carry the import's own id; always as it stands now."""
        return db.session.get(cls, import_id, populate_existing=True)


class ImportRun(Base):
    """One pass over a list, whole or over what changed.

    `phase` and `after` say where it is; `pending` are members whose contacts are to be read;
    `step` counts what was stored, so that nothing is stored twice; `followers_after` is the place
    in LINE's list of friends.
    """

    __tablename__ = "import_run"
    __table_args__ = (Index("import_run_of_import", "list_import_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    list_import_id: Mapped[int] = mapped_column(ForeignKey("list_import.id"))
    state: Mapped[str] = mapped_column(String(20), default=RUNNING)
    phase: Mapped[str] = mapped_column(String(20), default="begin")
    whole: Mapped[bool] = mapped_column(default=True)
    after: Mapped[str] = mapped_column(String(500), default="")
    pending: Mapped[list[int]] = mapped_column(JSON, default=list)
    followers_after: Mapped[str] = mapped_column(String(500), default="")
    step: Mapped[int] = mapped_column(default=0)
    # Members as HubSpot counted them last; `shrunk`: somebody left while we paged.
    size: Mapped[int | None] = mapped_column()
    shrunk: Mapped[bool] = mapped_column(default=False)
    # HubSpot gives members in the order of joining; otherwise by record id.
    by_join: Mapped[bool] = mapped_column(default=True)
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
    # LINE user ids that LINE was asked about one by one, and those it knew.
    asked: Mapped[int] = mapped_column(default=0)
    answered: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(500), default="")
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def of_import(cls, import_id: int) -> Select[tuple["ImportRun"]]:
        """The history of an import, newest first."""
        return select(cls).where(cls.list_import_id == import_id).order_by(cls.id.desc())

    @classmethod
    def newest(cls, import_id: int, limit: int) -> "list[ImportRun]":
        """The newest runs as they stand now."""
        fresh = cls.of_import(import_id).execution_options(populate_existing=True)
        return list(db.session.scalars(fresh.limit(limit)))

    @classmethod
    def running(cls, import_id: int) -> "ImportRun | None":
        """The run under way, as it stands now."""
        mine = select(cls).where(cls.list_import_id == import_id, cls.state == RUNNING)
        fresh = mine.order_by(cls.id.desc()).execution_options(populate_existing=True)
        return db.session.scalar(fresh.limit(1))


class Known(NamedTuple):
    """What an earlier look left of a member."""

    run_id: int
    line_user_id: str
    outcome: str


class ImportMember(Base):
    """A contact of the list as the newest run met it: its value and what that came to.

    `pending`: read, not decided yet. `unwritten`: linked, and HubSpot is still to be told.
    `other` is what stands in the way: a contact's id or a LINE user id.
    """

    __tablename__ = "import_member"
    __table_args__ = (
        Index("import_member_value", "list_import_id", "line_user_id"),
        # Of a hundred thousand members nearly all are settled in the end: these hold the others.
        partial_index("import_member_pending", *_MEMBER, part="pending IS true"),
        partial_index("import_member_unwritten", *_MEMBER, part="unwritten IS true"),
        partial_index("import_member_unsettled", *_MEMBER, part=UNSETTLED),
    )

    list_import_id: Mapped[int] = mapped_column(ForeignKey("list_import.id"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    run_id: Mapped[int] = mapped_column(BigInteger)
    value: Mapped[str] = mapped_column(String(255), default="")
    line_user_id: Mapped[str] = mapped_column(String(80), default="")
    outcome: Mapped[str] = mapped_column(String(20), default="")
    other: Mapped[str] = mapped_column(String(80), default="")
    pending: Mapped[bool] = mapped_column(default=False)
    unwritten: Mapped[bool] = mapped_column(default=False)

    @property
    def id(self) -> int:
        """The place in a list of members."""
        return self.contact_id

    @classmethod
    def of_contacts(cls, import_id: int, contact_ids: Sequence[int]) -> dict[int, Known]:
        """What is known of these contacts, by their HubSpot ids."""
        known = select(cls.contact_id, cls.run_id, cls.line_user_id, cls.outcome)
        mine = known.where(cls.list_import_id == import_id, cls.contact_id.in_(contact_ids))
        return {one: Known(*facts) for one, *facts in db.session.execute(mine)}

    @classmethod
    def problems(cls, import_id: int, kind: str = "") -> Select[tuple["ImportMember"]]:
        """Contacts that could not be linked, by contact id; of one kind if told."""
        kinds = (kind,) if kind in PROBLEMS else PROBLEMS
        mine = select(cls).where(text(UNSETTLED), cls.list_import_id == import_id)
        mine = mine.where(cls.outcome.in_(kinds))
        return mine.where(cls.pending.is_(False)).order_by(cls.contact_id)

    @classmethod
    def count_problems(cls, import_id: int) -> dict[str, int]:
        """How many contacts have which problem."""
        mine = select(cls.outcome, func.count()).where(cls.list_import_id == import_id)
        mine = mine.where(text(UNSETTLED), cls.outcome.in_(PROBLEMS), cls.pending.is_(False))
        return dict(db.session.execute(mine.group_by(cls.outcome)).tuples().all())

    @classmethod
    def count_pending(cls, import_id: int) -> int:
        """How many contacts were read and wait for a decision."""
        mine = select(func.count()).where(cls.list_import_id == import_id, cls.pending.is_(True))
        return db.session.scalar(mine) or 0
