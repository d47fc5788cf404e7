"""QR codes and what hangs on them: visits, personal tokens, and logins under way."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    String,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.orm import Mapped, contains_eager, joinedload, mapped_column, relationship

from plugin.core.tokens import LinkageClaim
from plugin.models.base import Base, BigId, Sealed, UTCDateTime, db
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Contact


def rows_of(contact: Contact) -> Select[tuple[int]]:
    """The contact's own row, and those of all that were merged into it."""
    ids = Contact.with_ancestors([contact])
    mine = select(Contact.id).where(Contact.installation_id == contact.installation_id)
    return mine.where(Contact.contact_id.in_(ids))


class QRCode(Base):
    """A way in for friends. `slug` is the unguessable part of its linkage URL."""

    __tablename__ = "qr_code"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"), index=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    linkage_type: Mapped[str] = mapped_column(String(20))  # hubspot | none
    # Which contact a friend is, asked in this order; whoever is none of them gets a new one.
    by_token: Mapped[bool] = mapped_column(default=True)
    by_email: Mapped[bool] = mapped_column(default=True)
    by_form: Mapped[bool] = mapped_column(default=False)
    makes_contact: Mapped[bool] = mapped_column(default=True)
    # What a friend who came through gets: a way on, tags, one message.
    destination: Mapped[str] = mapped_column(String(2000), default="", server_default="")
    tags: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    greeting: Mapped[str] = mapped_column(String(5000), default="", server_default="")
    # Open from the one moment to the other; None: without an end.
    starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    dark: Mapped[str] = mapped_column(String(7), default="#000000", server_default="#000000")
    light: Mapped[str] = mapped_column(String(7), default="#ffffff", server_default="#ffffff")
    has_logo: Mapped[bool] = mapped_column(default=False)
    # A PNG; read only where the picture is drawn.
    logo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    official_account: Mapped[OfficialAccount] = relationship(lazy="joined", innerjoin=True)

    @property
    def takes_links(self) -> bool:
        """Whether a personal link that leads here finds its contact."""
        return self.linkage_type == "hubspot" and self.by_token

    @classmethod
    def taking_links(cls, installation_id: int) -> Select[tuple["QRCode"]]:
        """Those that a personal link may lead to."""
        mine = cls.owned(installation_id)
        return mine.where(cls.linkage_type == "hubspot", cls.by_token)

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

    @classmethod
    def by_day(cls, qr_code_id: int, since: date) -> dict[date, dict[str, int]]:
        """One code's counts by day and outcome, from `since` on; days without any are left out."""
        found = select(cls.day, cls.outcome, cls.count)
        found = found.where(cls.qr_code_id == qr_code_id, cls.day >= since)
        days: dict[date, dict[str, int]] = {}
        for day, outcome, count in db.session.execute(found):
            days.setdefault(day, {})[outcome] = int(count)
        return days


class LinkageToken(Base):
    """A personal token's other half. The token's text is never stored: it is signed anew.

    `preview`: shows the friend's pages to the marketer and can tie nobody.
    """

    __tablename__ = "linkage_token"
    __table_args__ = (Index("linkage_token_of_tenant", "installation_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    nonce: Mapped[str] = mapped_column(String(32), unique=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    qr_code_id: Mapped[int] = mapped_column(ForeignKey("qr_code.id"), index=True)
    contact_row_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    preparation_id: Mapped[int | None] = mapped_column(
        ForeignKey("list_preparation.id"), index=True
    )
    preview: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    used_by: Mapped[str] = mapped_column(String(80), default="")
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    qr_code: Mapped[QRCode] = relationship(lazy="joined", innerjoin=True)
    contact: Mapped[Contact] = relationship()

    @property
    def is_live(self) -> bool:
        """Whether it was neither used nor taken back; it may have expired."""
        return self.used_at is None and self.revoked_at is None

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
    def owned(cls, installation_id: int) -> Select[tuple["LinkageToken"]]:
        """The tokens that one tenant gave to contacts; previews are nobody's."""
        mine = select(cls).where(cls.installation_id == installation_id)
        mine = mine.where(cls.preview.is_(False)).order_by(cls.id.desc())
        return mine.options(joinedload(cls.contact, innerjoin=True))

    @classmethod
    def find_owned(cls, installation_id: int, token_id: int) -> "LinkageToken | None":
        """One token of the tenant, or None whether it is missing or foreign."""
        return db.session.scalar(cls.owned(installation_id).where(cls.id == token_id))

    @classmethod
    def of_contacts(cls, contacts: Sequence[Contact]) -> "list[tuple[int, LinkageToken]]":
        """Every token that these contacts were given, or those that were merged into them, oldest
        first, with the row of the contact that it leads to now."""
        if not contacts:
            return []
        heirs = Contact.with_ancestors(contacts)
        found = select(cls).join(cls.contact).options(contains_eager(cls.contact))
        found = found.where(
            Contact.installation_id == contacts[0].installation_id,
            Contact.contact_id.in_(heirs),
            cls.preview.is_(False),
        )
        tokens = db.session.scalars(found.order_by(cls.id))
        return [(heirs[token.contact.contact_id], token) for token in tokens]

    @classmethod
    def newest_preview(cls, contact_row_id: int, qr_code_id: int) -> "LinkageToken | None":
        """The preview that was made last of what this contact would see."""
        mine = select(cls).where(cls.contact_row_id == contact_row_id, cls.preview)
        mine = mine.where(cls.qr_code_id == qr_code_id)
        return db.session.scalar(mine.order_by(cls.id.desc()).limit(1))


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
    # The friend typed name and address, so nobody vouches for them.
    typed: Mapped[bool] = mapped_column(default=False)
    # HubSpot's visitor cookie, where a site passed it on: a hint for people, never a match.
    visitor: Mapped[str] = mapped_column(String(64), default="", server_default="")
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
