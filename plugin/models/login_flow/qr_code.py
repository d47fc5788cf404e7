"""QR codes: entry points for friends."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, LargeBinary, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.connections.official_account import OfficialAccount


class QRCode(Base):
    __tablename__ = "qr_code"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"), index=True)
    # The unguessable part of its linkage URL.
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    linkage_type: Mapped[str] = mapped_column(String(20))  # hubspot | none
    # How a friend's contact is identified, in this order; an unidentified friend gets a new one.
    by_token: Mapped[bool] = mapped_column(default=True)
    by_email: Mapped[bool] = mapped_column(default=True)
    by_form: Mapped[bool] = mapped_column(default=False)
    makes_contact: Mapped[bool] = mapped_column(default=True)
    # What a friend gets after the flow: a destination, tags, one message.
    destination: Mapped[str] = mapped_column(String(2000), default="", server_default="")
    tags: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    greeting: Mapped[str] = mapped_column(String(5000), default="", server_default="")
    # Open from the one moment to the other; None: no limit.
    starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    dark: Mapped[str] = mapped_column(String(7), default="#000000", server_default="#000000")
    light: Mapped[str] = mapped_column(String(7), default="#ffffff", server_default="#ffffff")
    has_logo: Mapped[bool] = mapped_column(default=False)
    # A PNG; loaded only where the picture is drawn.
    logo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    official_account: Mapped[OfficialAccount] = relationship(lazy="joined", innerjoin=True)

    @property
    def takes_links(self) -> bool:
        return self.linkage_type == "hubspot" and self.by_token

    @classmethod
    def taking_links(cls, installation_id: int) -> Select[tuple["QRCode"]]:
        rows = cls.owned(installation_id)
        return rows.where(cls.linkage_type == "hubspot", cls.by_token)

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["QRCode"]]:
        accounts = OfficialAccount.owned(installation_id).with_only_columns(OfficialAccount.id)
        statement = select(cls).where(cls.official_account_id.in_(accounts.order_by(None)))
        return statement.where(cls.archived_at.is_(None)).order_by(cls.id.desc())

    @classmethod
    def find_owned(cls, installation_id: int, code_id: int) -> "QRCode | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == code_id))

    @classmethod
    def by_slug(cls, slug: str) -> "QRCode | None":
        """Return the code that was scanned, even an archived one, which has a page of its own."""
        return db.session.scalar(select(cls).where(cls.slug == slug))
