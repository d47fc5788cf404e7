"""Bulk issues of personal links for a HubSpot list: one row for each."""

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    and_,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.login_flow.linkage_token import LinkageToken
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.contact import Contact

RUNNING, FINISHED, STOPPED, FAILED = "running", "finished", "stopped", "failed"


class ListPreparation(Base):
    __tablename__ = "list_preparation"
    __table_args__ = (Index("list_preparation_of_tenant", "installation_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    qr_code_id: Mapped[int] = mapped_column(ForeignKey("qr_code.id"), index=True)
    list_id: Mapped[str] = mapped_column(String(40))
    list_name: Mapped[str] = mapped_column(String(255), default="")
    valid_days: Mapped[int] = mapped_column()
    # A link that ends within so many days is followed by a new one; the old one stays valid.
    renew_days: Mapped[int] = mapped_column(default=0)
    only_unlinked: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(String(20), default=RUNNING)
    # The cursor behind the last stored page; `step` counts those pages.
    after: Mapped[str] = mapped_column(String(500), default="")
    trail: Mapped[str] = mapped_column(String(60), default="", server_default="")
    step: Mapped[int] = mapped_column(default=0)
    # Members as HubSpot counted them at the beginning.
    size: Mapped[int | None] = mapped_column()
    # Of the contacts `read`, some got a link (`made`), some kept the one they had (`kept`), some
    # were left out: `linked` already, or `gone` from HubSpot as far as Musubi knows.
    read: Mapped[int] = mapped_column(default=0)
    made: Mapped[int] = mapped_column(default=0)
    kept: Mapped[int] = mapped_column(default=0)
    linked: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)
    # Kept up to date: the list is read again at `next_check_at`. In the pass under way `fresh`
    # contacts got a link; the last whole pass, at `checked_at`, read `members`, and `covered` of
    # them had one.
    keeps: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    fresh: Mapped[int] = mapped_column(default=0, server_default="0")
    members: Mapped[int] = mapped_column(default=0, server_default="0")
    covered: Mapped[int] = mapped_column(default=0, server_default="0")
    checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    next_check_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    error: Mapped[str] = mapped_column(String(500), default="")
    actor: Mapped[str] = mapped_column(String(255), default="")
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    qr_code: Mapped[QRCode] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["ListPreparation"]]:
        statement = select(cls).where(cls.installation_id == installation_id)
        return statement.order_by(cls.id.desc())

    @classmethod
    def find_owned(cls, installation_id: int, preparation_id: int) -> "ListPreparation | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == preparation_id))

    @classmethod
    def by_id(cls, preparation_id: int) -> "ListPreparation | None":
        return db.session.get(cls, preparation_id, populate_existing=True)

    @classmethod
    def running_of(cls, qr_code_id: int, list_id: str) -> "ListPreparation | None":
        """Return the preparation of a list for a code that is running or kept up to date."""
        statement = select(cls).where(
            cls.qr_code_id == qr_code_id, or_(cls.state == RUNNING, cls.keeps.is_(True))
        )
        return db.session.scalar(statement.where(cls.list_id == list_id).limit(1))

    @classmethod
    def list_kept_failed(cls, installation_id: int) -> "list[ListPreparation]":
        rows = cls.owned(installation_id).where(cls.keeps, cls.state == FAILED)
        return list(db.session.scalars(rows))

    def count_unwritten(self) -> int:
        return self._count(Contact.push_pending.is_(True))

    def count_refused(self) -> int:
        """Count contacts that HubSpot refused to write, or whose links it refused."""
        # Where only some properties were refused, the error begins with their names.
        link = or_(
            Contact.push_error.contains("line_linkage_", autoescape=True),
            Contact.push_error.not_like("line\\_%: %", escape="\\"),
        )
        return self._count(Contact.push_error != "", Contact.push_pending.is_(False), link)

    def count_used(self) -> int:
        statement = select(func.count()).where(LinkageToken.preparation_id == self.id)
        return db.session.scalar(statement.where(LinkageToken.used_at.is_not(None))) or 0

    def count_ended(self, now: datetime) -> int:
        """Count contacts that lost an unused link since the last whole pass and have no other."""
        since = self.checked_at or now
        lost = or_(
            and_(LinkageToken.expires_at > since, LinkageToken.expires_at <= now),
            LinkageToken.revoked_at > since,
        )
        good = LinkageToken.revoked_at.is_(None) & (LinkageToken.expires_at > now)
        own = LinkageToken.preparation_id == self.id
        with_one = select(LinkageToken.contact_row_id).where(own, good)
        statement = select(func.count(LinkageToken.contact_row_id.distinct())).where(
            own, lost, LinkageToken.used_at.is_(None), LinkageToken.contact_row_id.not_in(with_one)
        )
        return db.session.scalar(statement) or 0

    def first_end(self, now: datetime) -> datetime | None:
        """Return when the first contact will have no link, should none be renewed."""
        ends = select(func.max(LinkageToken.expires_at).label("at")).where(
            LinkageToken.preparation_id == self.id,
            LinkageToken.used_at.is_(None),
            LinkageToken.revoked_at.is_(None),
            LinkageToken.expires_at > now,
        )
        newest = ends.group_by(LinkageToken.contact_row_id).subquery()
        first: datetime | None = db.session.scalar(select(func.min(newest.c.at)))
        return first

    def _count(self, *conditions: ColumnElement[bool]) -> int:
        statement = select(func.count(Contact.id.distinct())).select_from(LinkageToken)
        statement = statement.join(Contact, Contact.id == LinkageToken.contact_row_id)
        statement = statement.where(LinkageToken.preparation_id == self.id, *conditions)
        return db.session.scalar(statement) or 0
