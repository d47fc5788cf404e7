"""Login attempts: friends on their way through LINE Login."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ForeignKey, Index, String, false, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, BigId, Sealed, UTCDateTime, db
from plugin.models.login_flow.qr_code import QRCode

ATTEMPT_LIFE = timedelta(minutes=30)


class LoginAttempt(Base):
    """One attempt of a friend, kept on our side under a random state: begun -> (callback) ->
    identified -> (the friend confirms) -> done."""

    __tablename__ = "login_attempt"
    __table_args__ = (
        Index("login_attempt_of_user", "line_user_id"),
        Index("login_attempt_of_code", "qr_code_id", "returned_at", "expires_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    reference: Mapped[str] = mapped_column(String(40), unique=True)
    # Its fingerprint, by which a callback finds the attempt.
    state: Mapped[str] = mapped_column(String(64), unique=True)
    # The fingerprint of the cookie of the browser that began it.
    browser: Mapped[str] = mapped_column(String(64))
    qr_code_id: Mapped[int] = mapped_column(ForeignKey("qr_code.id"))
    token_id: Mapped[int | None] = mapped_column(ForeignKey("linkage_token.id"))
    # It began at a personal link without its token: an unidentified friend gets no new contact.
    token_missing: Mapped[bool] = mapped_column(default=False, server_default=false())
    nonce: Mapped[str] = mapped_column(String(64))
    code_verifier: Mapped[str] = mapped_column(Sealed)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    returned_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    line_user_id: Mapped[str] = mapped_column(String(80), default="")
    display_name: Mapped[str] = mapped_column(String(255), default="")
    picture_url: Mapped[str] = mapped_column(String(2000), default="")
    is_friend: Mapped[bool] = mapped_column(default=False)
    # HubSpot's id of the contact to link; None creates a new one.
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    contact_name: Mapped[str] = mapped_column(String(255), default="")
    contact_email: Mapped[str] = mapped_column(String(320), default="")
    # The friend typed name and address, so they are unverified.
    typed: Mapped[bool] = mapped_column(default=False)
    # HubSpot's visitor cookie, where a site passed it on: a hint for people, never a match.
    visitor: Mapped[str] = mapped_column(String(64), default="", server_default="")
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    outcome: Mapped[str] = mapped_column(String(40), default="")
    qr_code: Mapped[QRCode] = relationship(lazy="joined", innerjoin=True)

    @property
    def is_personal(self) -> bool:
        """Whether it began at a personal link, intact or not."""
        return self.token_id is not None or self.token_missing

    @property
    def makes_contact(self) -> bool:
        return self.qr_code.makes_contact and not self.is_personal

    @classmethod
    def by_state(cls, state: str) -> "LoginAttempt | None":
        return db.session.scalar(select(cls).where(cls.state == state))

    @classmethod
    def by_reference(cls, reference: str) -> "LoginAttempt | None":
        return db.session.scalar(select(cls).where(cls.reference == reference))
