"""Tokens of personal links."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, contains_eager, joinedload, mapped_column, relationship

from plugin.core.security.tokens import LinkageClaim
from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.contact import Contact


def rows_of(contact: Contact) -> Select[tuple[int]]:
    """Select the ids of the contact's own row and of all that were merged into it."""
    ids = Contact.with_ancestors([contact])
    statement = select(Contact.id).where(Contact.installation_id == contact.installation_id)
    return statement.where(Contact.contact_id.in_(ids))


class LinkageToken(Base):
    """The stored half of a personal token. The token's text is never stored: it is signed anew."""

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
    # Shows the friend's pages to the marketer and never links.
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
        """Whether it was neither used nor revoked; it may have expired."""
        return self.used_at is None and self.revoked_at is None

    def claim(self, portal_id: int, contact_id: int) -> LinkageClaim:
        """Return what the token's signature covers."""
        account = self.qr_code.official_account_id
        expires = int(self.expires_at.timestamp())
        return LinkageClaim(portal_id, contact_id, account, self.qr_code_id, expires)

    @classmethod
    def by_nonce(cls, nonce: str) -> "LinkageToken | None":
        return db.session.scalar(select(cls).where(cls.nonce == nonce))

    @classmethod
    def by_nonces(cls, nonces: Sequence[str]) -> "list[LinkageToken]":
        statement = select(cls).where(cls.nonce.in_(nonces))
        return list(db.session.scalars(statement)) if nonces else []

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["LinkageToken"]]:
        statement = select(cls).where(cls.installation_id == installation_id)
        statement = statement.where(cls.preview.is_(False)).order_by(cls.id.desc())
        return statement.options(joinedload(cls.contact, innerjoin=True))

    @classmethod
    def find_owned(cls, installation_id: int, token_id: int) -> "LinkageToken | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == token_id))

    @classmethod
    def of_contacts(cls, contacts: Sequence[Contact]) -> "list[tuple[int, LinkageToken]]":
        """Return all tokens of these contacts, and of those merged into them, oldest first, each
        with the row id of the contact that it leads to now."""
        if not contacts:
            return []
        row_ids = Contact.with_ancestors(contacts)
        statement = select(cls).join(cls.contact).options(contains_eager(cls.contact))
        statement = statement.where(
            Contact.installation_id == contacts[0].installation_id,
            Contact.contact_id.in_(row_ids),
            cls.preview.is_(False),
        )
        tokens = db.session.scalars(statement.order_by(cls.id))
        return [(row_ids[token.contact.contact_id], token) for token in tokens]

    @classmethod
    def newest_preview(cls, contact_row_id: int, qr_code_id: int) -> "LinkageToken | None":
        statement = select(cls).where(cls.contact_row_id == contact_row_id, cls.preview)
        statement = statement.where(cls.qr_code_id == qr_code_id)
        return db.session.scalar(statement.order_by(cls.id.desc()).limit(1))
