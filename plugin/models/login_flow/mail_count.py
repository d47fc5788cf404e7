"""Counts of mailed verification codes, which are limited."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, UTCDateTime


class MailCount(Base):
    """Codes sent to an address, or requested by a friend, in a window that ends at `until`."""

    __tablename__ = "mail_count"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    until: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    count: Mapped[int]
