"""Personal links for everybody on a HubSpot list: one row for each time it is done."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, String, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.people import Contact
from plugin.models.qr_code import LinkageToken, QRCode

RUNNING, FINISHED, STOPPED, FAILED = "running", "finished", "stopped", "failed"


class ListPreparation(Base):
    """`after` is the cursor behind the last page that was stored, and `step` counts those pages.

    Of the contacts `read`, some got a link (`made`), some kept the one they had (`kept`), some
    were left out: `linked` already, or `gone` from HubSpot as far as Musubi knows.
    """

    __tablename__ = "list_preparation"
    __table_args__ = (Index("list_preparation_of_tenant", "installation_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    qr_code_id: Mapped[int] = mapped_column(ForeignKey("qr_code.id"), index=True)
    list_id: Mapped[str] = mapped_column(String(40))
    list_name: Mapped[str] = mapped_column(String(255), default="")
    valid_days: Mapped[int] = mapped_column()
    # A link that ends within so many days is followed by a new one; the old one stays good.
    renew_days: Mapped[int] = mapped_column(default=0)
    only_unlinked: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(String(20), default=RUNNING)
    after: Mapped[str] = mapped_column(String(500), default="")
    step: Mapped[int] = mapped_column(default=0)
    # Members as HubSpot counted them at the beginning.
    size: Mapped[int | None] = mapped_column()
    read: Mapped[int] = mapped_column(default=0)
    made: Mapped[int] = mapped_column(default=0)
    kept: Mapped[int] = mapped_column(default=0)
    linked: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(500), default="")
    actor: Mapped[str] = mapped_column(String(255), default="")
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    qr_code: Mapped[QRCode] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["ListPreparation"]]:
        """All that a tenant ever prepared, newest first."""
        mine = select(cls).where(cls.installation_id == installation_id)
        return mine.order_by(cls.id.desc())

    @classmethod
    def find_owned(cls, installation_id: int, preparation_id: int) -> "ListPreparation | None":
        """One preparation of the tenant, or None whether it is missing or foreign."""
        return db.session.scalar(cls.owned(installation_id).where(cls.id == preparation_id))

    @classmethod
    def by_id(cls, preparation_id: int) -> "ListPreparation | None":
        """For jobs; always as it stands now."""
        return db.session.get(cls, preparation_id, populate_existing=True)

    @classmethod
    def running_of(cls, qr_code_id: int, list_id: str) -> "ListPreparation | None":
        """The preparation of a list for a code that is under way."""
        mine = select(cls).where(cls.qr_code_id == qr_code_id, cls.state == RUNNING)
        return db.session.scalar(mine.where(cls.list_id == list_id).limit(1))

    def count_unwritten(self) -> int:
        """How many of its contacts HubSpot has not been told of yet."""
        return self._count(Contact.mirror_owed)

    def count_refused(self) -> int:
        """How many of its contacts HubSpot would not write."""
        return self._count(Contact.mirror_error != "")

    def count_used(self) -> int:
        """How many of its links led to a tie."""
        mine = select(func.count()).where(LinkageToken.preparation_id == self.id)
        return db.session.scalar(mine.where(LinkageToken.used_at.is_not(None))) or 0

    def _count(self, condition: object) -> int:
        mine = select(func.count()).select_from(LinkageToken)
        mine = mine.join(Contact, Contact.id == LinkageToken.contact_row_id)
        mine = mine.where(LinkageToken.preparation_id == self.id, condition)  # type: ignore[arg-type]
        return db.session.scalar(mine) or 0
