"""Leases with one holder on however many machines: a row, since a connection may hang."""

from datetime import timedelta

from sqlalchemy import BigInteger, String, delete, or_
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, db, db_now_ms
from plugin.models.sql import insert_or
from plugin.models.transaction import affected

# Whoever has it enqueues the recurring jobs.
TICKS = "ticks"


class Lease(Base):
    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner: Mapped[str] = mapped_column(String(40))
    # By the database's clock.
    until_ms: Mapped[int] = mapped_column(BigInteger)


def hold(name: str, owner: str, life: timedelta) -> bool:
    """Take or renew a lease, in the caller's transaction. Return False where another holds it."""
    until = db_now_ms() + int(life.total_seconds() * 1000)
    statement = insert_or(Lease).values(name=name, owner=owner, until_ms=until)
    statement = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"owner": owner, "until_ms": until},
        where=or_(Lease.owner == owner, Lease.until_ms < db_now_ms()),
    )
    return db.session.scalar(statement.returning(Lease.name)) is not None


def release(name: str, owner: str) -> None:
    affected(delete(Lease).where(Lease.name == name, Lease.owner == owner))
