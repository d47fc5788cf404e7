"""The audit: who asked for a change, from where, written in the transaction of the change."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Index, Select, String, event, select
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column

from plugin.core.clock import utcnow
from plugin.models.base import Base, BigId, UTCDateTime

# By which way a change was asked for.
BY_PAGE, BY_API, BY_AGENT = WAYS = ("page", "api", "agent")


class AuditEntry(Base):
    """A change. `deed`: the page's endpoint, the API's operation or the agent's tool; `path` holds
    the rows' ids."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("audit_of_installation", "installation_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(BigId)
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    via: Mapped[str] = mapped_column(String(10))
    # A member's e-mail address, or the name of an API key.
    actor: Mapped[str] = mapped_column(String(255))
    # What an agent calls itself.
    agent: Mapped[str] = mapped_column(String(80), default="")
    deed: Mapped[str] = mapped_column(String(80))
    path: Mapped[str] = mapped_column(String(255))
    # The path of what it made, whose own path did not exist yet.
    made: Mapped[str] = mapped_column(String(60), default="", server_default="")

    @property
    def subject(self) -> str:
        return self.made or self.path

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["AuditEntry"]]:
        return select(cls).where(cls.installation_id == installation_id)


@dataclass
class Deed:
    """A change that a request asks for; noted once, by the first transaction that commits a
    write."""

    installation_id: int
    via: str
    actor: str
    deed: str
    path: str
    agent: str = ""
    _unnoted: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self) -> bool:
        """Return whether it still has to be noted; it is taken then."""
        return self._unnoted.acquire(blocking=False)

    def give_back(self) -> None:
        """The transaction that took it was rolled back."""
        self._unnoted.release()


# Where the pages of things stand that a change makes, by their table. The first word is the kind.
PATHS = {
    "api_key": "/settings/keys/{id}",
    "broadcast": "/broadcasts/{id}",
    "official_account": "/accounts/{id}",
    "qr_code": "/qr-codes/{id}",
    "segment": "/segments/{id}",
    "template": "/templates/{id}",
}


@event.listens_for(Session, "do_orm_execute")
def _note_statement(state: ORMExecuteState) -> None:
    """Remember that the open transaction writes; statements on its bare connection never go
    alone."""
    if not state.is_select:
        state.session.info["wrote"] = True


@event.listens_for(Session, "after_flush")
def _note_flush(session: Session, _flush: object) -> None:
    """Remember that the open transaction writes, and what it makes first."""
    if session.new or session.deleted or any(map(session.is_modified, session.dirty)):
        session.info["wrote"] = True
    if _current.get() is None or session.info.get("made"):
        return
    for row in session.new:
        if row.__tablename__ in PATHS:
            session.info["made"] = PATHS[row.__tablename__].format(id=row.id)
            return


_current: ContextVar[Deed | None] = ContextVar("deed", default=None)


def begin_deed(deed: Deed) -> None:
    _current.set(deed)


def end_deed() -> None:
    _current.set(None)


@contextmanager
def apart_from_deed() -> Iterator[None]:
    """Write what is no part of the deed that is asked for: it may still be refused."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


def note_deed(session: Session) -> Deed | None:
    """Add the entry to the open transaction where that has written anything; return the deed where
    the entry was added."""
    deed = _current.get()
    if deed is None:
        return None
    # Before the deed is taken: where the flush loses a race, the next try notes it.
    session.flush()
    if not session.info["wrote"] or not deed.take():
        return None
    add_entry(session, deed)
    return deed


def add_entry(session: Session, deed: Deed) -> None:
    session.add(
        AuditEntry(
            installation_id=deed.installation_id,
            at=utcnow(),
            via=deed.via,
            actor=deed.actor[:255],
            agent=deed.agent[:80],
            deed=deed.deed[:80],
            path=deed.path[:255],
            made=session.info.get("made", ""),
        )
    )
