"""A portal that installed Musubi: the tenant through which everything else is reached."""

from datetime import datetime, timedelta

from sqlalchemy import JSON, BigInteger, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, Sealed, UTCDateTime, db

ACTIVE, PAUSED, DISCONNECTED = "active", "paused", "disconnected"
# A person removes HubSpot: its data goes piece by piece, until nothing of it is left.
REMOVING, REMOVED = "removing", "removed"


class Installation(Base):
    """One HubSpot portal. `state`: active, paused (a person's wish) or disconnected (HubSpot's)."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    portal_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    hub_domain: Mapped[str] = mapped_column(String(255), default="")
    ui_domain: Mapped[str] = mapped_column(String(255), default="")
    time_zone: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(20), default=ACTIVE)
    disconnect_reason: Mapped[str] = mapped_column(String(255), default="")
    access_token: Mapped[str] = mapped_column(Sealed)
    refresh_token: Mapped[str] = mapped_column(Sealed)
    token_expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    refreshing_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    scopes: Mapped[list[str]] = mapped_column(JSON, default=list)
    properties_ready_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    properties_error: Mapped[str] = mapped_column(String(500), default="")
    installed_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @property
    def is_alive(self) -> bool:
        """Whether work for this portal may go out."""
        return self.state == ACTIVE

    def token_is_fresh(self, now: datetime) -> bool:
        """Whether the access token outlives a call begun now."""
        return self.token_expires_at - now > timedelta(seconds=60)

    def record_url(self, scheme: str, contact_id: int) -> str:
        """The address of a contact's page in this portal."""
        place = f"{self.ui_domain}/contacts/{self.portal_id}/record/0-1/{contact_id}"
        return f"{scheme}://{place}"

    @classmethod
    def of_portal(cls, portal_id: int) -> "Installation | None":
        """The installation of a portal, whatever its state."""
        return db.session.scalar(select(cls).where(cls.portal_id == portal_id))

    @classmethod
    def by_id(cls, installation_id: int) -> "Installation | None":
        """For jobs and sessions, which carry the owner's own id; always as it stands now."""
        return db.session.get(cls, installation_id, populate_existing=True)


class Member(Base):
    """A person of the portal who signed in through HubSpot."""

    __tablename__ = "member"
    __table_args__ = (UniqueConstraint("installation_id", "hubspot_user_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(index=True)
    hubspot_user_id: Mapped[int] = mapped_column(BigInteger)
    email: Mapped[str] = mapped_column(String(255))
    signed_in_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # Who gets this person's test sends: the friend's id by the Official Account's (as text).
    test_friends: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)


class ApiKey(Base):
    """A program's key to one Installation; only its fingerprint is stored."""

    __tablename__ = "api_key"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(index=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    prefix: Mapped[str] = mapped_column(String(16))
    role: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def list_owned(cls, installation_id: int) -> "list[ApiKey]":
        """All keys a tenant ever had, oldest first."""
        return list(
            db.session.scalars(
                select(cls).where(cls.installation_id == installation_id).order_by(cls.id)
            )
        )

    @classmethod
    def of_fingerprint(cls, fingerprint: str) -> "ApiKey | None":
        """The key whose text has this fingerprint, unless revoked."""
        found = select(cls).where(cls.fingerprint == fingerprint, cls.revoked_at.is_(None))
        return db.session.scalar(found)


class OAuthState(Base):
    """An install that was begun: one use, bound to the browser that began it."""

    __tablename__ = "oauth_state"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    browser: Mapped[str] = mapped_column(String(64))
    code_verifier: Mapped[str] = mapped_column(Sealed)
    next_path: Mapped[str] = mapped_column(String(500), default="/")
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
