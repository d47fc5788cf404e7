"""Contacts of a HubSpot list, as the newest import run read them."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, ForeignKey, Index, Select, String, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, db
from plugin.models.imports.import_run import PROBLEMS
from plugin.models.imports.list_import import _MEMBER
from plugin.models.sql import partial_index

# All but the outcomes that need no attention.
UNSETTLED = "outcome NOT IN ('', 'linked', 'already_linked', 'empty')"
# Stored in a cursor's place, and unlike any cursor: there is no more; access is refused.
ENDED, REFUSED = "-", "!"


# What an earlier run stored of a member.
class Known(NamedTuple):
    run_id: int
    line_user_id: str
    outcome: str


class ImportMember(Base):
    __tablename__ = "import_member"
    __table_args__ = (
        Index("import_member_value", "list_import_id", "line_user_id"),
        # Of a hundred thousand members nearly all are settled in the end: these hold the rest.
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
    # What stands in the way: a contact's id or a LINE user id.
    other: Mapped[str] = mapped_column(String(80), default="")
    # Read, not decided yet.
    pending: Mapped[bool] = mapped_column(default=False)
    # Linked, and not written to HubSpot yet.
    unwritten: Mapped[bool] = mapped_column(default=False)

    @property
    def id(self) -> int:
        # The position in a list of members, by which it is paged.
        return self.contact_id

    @classmethod
    def of_contacts(cls, import_id: int, contact_ids: Sequence[int]) -> dict[int, Known]:
        known = select(cls.contact_id, cls.run_id, cls.line_user_id, cls.outcome)
        statement = known.where(cls.list_import_id == import_id, cls.contact_id.in_(contact_ids))
        return {contact_id: Known(*facts) for contact_id, *facts in db.session.execute(statement)}

    @classmethod
    def problems(cls, import_id: int, kind: str = "") -> Select[tuple["ImportMember"]]:
        """Select contacts that could not be linked, by contact id, all or of one kind."""
        kinds = (kind,) if kind in PROBLEMS else PROBLEMS
        statement = select(cls).where(text(UNSETTLED), cls.list_import_id == import_id)
        statement = statement.where(cls.outcome.in_(kinds))
        return statement.where(cls.pending.is_(False)).order_by(cls.contact_id)

    @classmethod
    def count_problems(cls, import_id: int) -> dict[str, int]:
        statement = select(cls.outcome, func.count()).where(cls.list_import_id == import_id)
        statement = statement.where(
            text(UNSETTLED), cls.outcome.in_(PROBLEMS), cls.pending.is_(False)
        )
        return dict(db.session.execute(statement.group_by(cls.outcome)).tuples().all())

    @classmethod
    def count_pending(cls, import_id: int) -> int:
        statement = select(func.count()).where(
            cls.list_import_id == import_id, cls.pending.is_(True)
        )
        return db.session.scalar(statement) or 0
