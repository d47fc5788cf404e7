"""The words by which people are found, so that a search reads no friend that it does not show.

Triggers of the database (migration `activity`) add a SearchPending whenever a name, an address or a
linkage changes, whichever statement changes it; a job then writes the friend's terms anew.
"""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from plugin.core.text.search_words import LONGEST
from plugin.models.base import Base, BigId

# PostgreSQL compares byte by byte as SQLite does, so that an index finds beginnings.
Term = String(LONGEST).with_variant(String(LONGEST, collation="C"), "postgresql")


class SearchTerm(Base):
    """A word of a friend or of the linked contact, as `core.text.search_words` makes it."""

    __tablename__ = "search_term"
    __table_args__ = (Index("search_term_found", "installation_id", "term", "friend_id"),)

    friend_id: Mapped[int] = mapped_column(
        ForeignKey("friend.id", ondelete="CASCADE"), primary_key=True
    )
    term: Mapped[str] = mapped_column(Term, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))


class SearchPending(Base):
    """A friend whose terms are to be written anew; until then a search reads their names."""

    __tablename__ = "search_pending"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    friend_id: Mapped[int] = mapped_column(ForeignKey("friend.id", ondelete="CASCADE"), index=True)
