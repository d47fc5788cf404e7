"""QR codes and what hangs on them: visits, personal tokens, and logins under way."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Select, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.core.tokens import LinkageClaim
from plugin.models.base import Base, BigId, Sealed, UTCDateTime, db
from plugin.models.official_account import OfficialAccount


class QRCode(Base):
    """A way in for friends. `slug` is the unguessable part of its linkage URL."""

    __tablename__ = "qr_code"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"), index=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    linkage_type: Mapped[str] = mapped_column(String(20))  # hubspot | none
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    official_account: Mapped[OfficialAccount] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["QRCode"]]:
        """The codes in use of one tenant, newest first."""
        accounts = OfficialAccount.owned(installation_id).with_only_columns(OfficialAccount.id)
        mine = select(cls).where(cls.official_account_id.in_(accounts.order_by(None)))
        return mine.where(cls.archived_at.is_(None)).order_by(cls.id.desc())

    @classmethod
    def find_owned(cls, installation_id: int, code_id: int) -> "QRCode | None":
        """One code of the tenant, or None whether it is missing or foreign."""
        return db.session.scalar(cls.owned(installation_id).where(cls.id == code_id))

    @classmethod
    def by_slug(cls, slug: str) -> "QRCode | None":
        """The code a friend scanned; also an archived one, which has a page of its own."""
        return db.session.scalar(select(cls).where(cls.slug == slug))


class VisitCount(Base):
    """How often something happened on a QR code's way, by day. `qr_code_id` 0: code unknown."""

    __tablename__ = "visit_count"
    __table_args__ = (UniqueConstraint("qr_code_id", "day", "outcome"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    qr_code_id: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[date] = mapped_column(Date)
    outcome: Mapped[str] = mapped_column(String(40))  # scan | login | linked | expired | ...
    count: Mapped[int] = mapped_column(default=0)

    @classmethod
    def totals(cls, qr_code_ids: list[int]) -> dict[int, dict[str, int]]:
        """All-time counts by code and outcome."""
        found = select(cls.qr_code_id, cls.outcome, func.sum(cls.count))
        found = found.where(cls.qr_code_id.in_(qr_code_ids)).group_by(cls.qr_code_id, cls.outcome)
        totals: dict[int, dict[str, int]] = {}
        for code, outcome, count in db.session.execute(found):
            totals.setdefault(code, {})[outcome] = int(count)
        return totals


class LinkageToken(Base):
    """A personal token's other half. The token's text is never stored: it is signed anew."""

    __tablename__ = "linkage_token"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    nonce: Mapped[str] = mapped_column(String(32), unique=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    qr_code_id: Mapped[int] = mapped_column(ForeignKey("qr_code.id"))
    contact_row_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    used_by: Mapped[str] = mapped_column(String(80), default="")
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    qr_code: Mapped[QRCode] = relationship(lazy="joined", innerjoin=True)

    def claim(self, portal_id: int, contact_id: int) -> LinkageClaim:
        """What the token's signature covers."""
        account = self.qr_code.official_account_id
        expires = int(self.expires_at.timestamp())
        return LinkageClaim(portal_id, contact_id, account, self.qr_code_id, expires)

    @classmethod
    def by_nonce(cls, nonce: str) -> "LinkageToken | None":
        """The row a token's readable half points at."""
        return db.session.scalar(select(cls).where(cls.nonce == nonce))

    @classmethod
    def newest_of(cls, contact_row_ids: list[int]) -> "list[LinkageToken]":
        """Tokens not yet used or revoked, oldest first, so that the newest of a contact wins."""
        found = select(cls).where(cls.contact_row_id.in_(contact_row_ids))
        found = found.where(cls.used_at.is_(None), cls.revoked_at.is_(None))
        return list(db.session.scalars(found.order_by(cls.id)))


class LoginAttempt(Base):
    """One walk of a friend through LINE Login, kept on our side under a random state.

    begun -> (callback) -> identified -> (the friend confirms) -> done. `browser` is the
    fingerprint of the cookie of the browser that began it.
    """

    __tablename__ = "login_attempt"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    reference: Mapped[str] = mapped_column(String(40), unique=True)
    state: Mapped[str] = mapped_column(String(64), unique=True)
    browser: Mapped[str] = mapped_column(String(64))
    qr_code_id: Mapped[int] = mapped_column(ForeignKey("qr_code.id"))
    token_id: Mapped[int | None] = mapped_column(ForeignKey("linkage_token.id"))
    nonce: Mapped[str] = mapped_column(String(64))
    code_verifier: Mapped[str] = mapped_column(Sealed)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    returned_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    line_user_id: Mapped[str] = mapped_column(String(80), default="")
    display_name: Mapped[str] = mapped_column(String(255), default="")
    picture_url: Mapped[str] = mapped_column(String(2000), default="")
    is_friend: Mapped[bool] = mapped_column(default=False)
    user_token: Mapped[str] = mapped_column(Sealed, default="")
    # The contact this walk would tie, HubSpot's id; None makes a new one.
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    contact_name: Mapped[str] = mapped_column(String(255), default="")
    contact_email: Mapped[str] = mapped_column(String(320), default="")
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    outcome: Mapped[str] = mapped_column(String(40), default="")
    qr_code: Mapped[QRCode] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def by_state(cls, state: str) -> "LoginAttempt | None":
        """The attempt a callback belongs to, by the state's fingerprint."""
        return db.session.scalar(select(cls).where(cls.state == state))

    @classmethod
    def by_reference(cls, reference: str) -> "LoginAttempt | None":
        """The attempt a confirmation page belongs to."""
        return db.session.scalar(select(cls).where(cls.reference == reference))
