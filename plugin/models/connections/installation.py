"""HubSpot installations: the tenants through which everything else is reached."""

from datetime import datetime, timedelta

from sqlalchemy import JSON, BigInteger, String, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, Sealed, UTCDateTime, db

ACTIVE, PAUSED, DISCONNECTED = "active", "paused", "disconnected"
# A person removes HubSpot: its data is deleted in batches, until nothing of it is left.
REMOVING, REMOVED = "removing", "removed"


class Installation(Base):
    """One HubSpot portal. `state`: active, paused (by a person) or disconnected (by HubSpot)."""

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
    # By the database's clock: a process refreshes the token until then, or did a moment ago.
    refreshing_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # HubSpot refuses the refresh token since then; the next try is not before the other moment.
    refused_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    refresh_not_before: Mapped[datetime | None] = mapped_column(UTCDateTime)
    scopes: Mapped[list[str]] = mapped_column(JSON, default=list)
    # When a contact was last written to HubSpot.
    contacts_written_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    properties_ready_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    properties_error: Mapped[str] = mapped_column(String(500), default="")
    installed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # The events that receivers of outgoing webhooks chose, so that nobody else's cost a statement.
    webhook_events: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    # While HubSpot is removed: the last delivery whose text is erased.
    erased_to: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")

    @property
    def is_alive(self) -> bool:
        return self.state == ACTIVE

    @property
    def is_removed(self) -> bool:
        """Whether a person has removed HubSpot, so that nothing of it may be stored."""
        return self.state in (REMOVING, REMOVED)

    @property
    def sends_wait(self) -> bool:
        """Whether planned sends wait for a person to resume, or for HubSpot to grant access."""
        return self.state in (PAUSED, DISCONNECTED) or self.refused_since is not None

    def token_is_fresh(self, now: datetime) -> bool:
        return self.token_expires_at - now > timedelta(seconds=60)

    def record_url(self, scheme: str, contact_id: int) -> str:
        place = f"{self.ui_domain}/contacts/{self.portal_id}/record/0-1/{contact_id}"
        return f"{scheme}://{place}"

    def list_url(self, scheme: str, list_id: str) -> str:
        """Return the address of a list's page in HubSpot."""
        return f"{scheme}://{self.ui_domain}/contacts/{self.portal_id}/objectLists/{list_id}"

    @classmethod
    def of_portal(cls, portal_id: int) -> "Installation | None":
        return db.session.scalar(select(cls).where(cls.portal_id == portal_id))

    @classmethod
    def by_id(cls, installation_id: int) -> "Installation | None":
        return db.session.get(cls, installation_id, populate_existing=True)
