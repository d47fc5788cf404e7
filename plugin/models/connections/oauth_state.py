"""One-time states of OAuth redirects."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, Sealed, UTCDateTime


class OAuthState(Base):
    """The state of an install that came back and is used up. The other columns stay empty."""

    __tablename__ = "oauth_state"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    browser: Mapped[str] = mapped_column(String(64))
    code_verifier: Mapped[str] = mapped_column(Sealed)
    next_path: Mapped[str] = mapped_column(String(500), default="/")
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
