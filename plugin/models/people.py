"""The two halves of a person, and the tie between them."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.attributes import flag_modified

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.official_account import OfficialAccount
from plugin.models.partial import partial_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FOLLOWING, BLOCKED, UNKNOWN = "following", "blocked", "unknown"


class Friend(Base):
    """A LINE user as one Official Account knows him. `status_at` is the event's own time."""

    __tablename__ = "friend"
    __table_args__ = (
        UniqueConstraint("official_account_id", "line_user_id"),
        # Nobody's in the end, everybody's while a large account's friends come in.
        partial_index(
            "friend_profile_owed", "official_account_id", "id", part="profile_at IS NULL"
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    line_user_id: Mapped[str] = mapped_column(String(80), index=True)
    display_name: Mapped[str] = mapped_column(String(255), default="")
    picture_url: Mapped[str] = mapped_column(String(2000), default="")
    language: Mapped[str] = mapped_column(String(20), default="")
    status: Mapped[str] = mapped_column(String(20), default=UNKNOWN)
    status_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    profile_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_received_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # What came of the last send to him, a refused one too: a `core.properties.SEND_RESULTS`.
    last_result: Mapped[str] = mapped_column(String(40), default="", server_default="")
    last_clicked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    official_account: Mapped[OfficialAccount] = relationship(lazy="joined", innerjoin=True)
    linkage: Mapped["Linkage | None"] = relationship(back_populates="friend", lazy="joined")

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["Friend"]]:
        """The friends of all accounts of one tenant."""
        accounts = OfficialAccount.owned(installation_id).with_only_columns(OfficialAccount.id)
        return select(cls).where(cls.official_account_id.in_(accounts.order_by(None)))

    @classmethod
    def find_owned(cls, installation_id: int, friend_id: int) -> "Friend | None":
        """One friend of the tenant, or None whether it is missing or foreign."""
        return db.session.scalar(cls.owned(installation_id).where(cls.id == friend_id))

    @classmethod
    def of_account(cls, account_id: int, line_user_id: str) -> "Friend | None":
        """The friend an event of this account speaks of."""
        mine = select(cls).where(cls.official_account_id == account_id)
        return db.session.scalar(mine.where(cls.line_user_id == line_user_id))

    def note_status(self, status: str, at: datetime) -> bool:
        """Take a newer state; False for an older event that came late (LINE keeps no order)."""
        if self.status_at is not None and at < self.status_at:
            return False
        self.status, self.status_at = status, at
        return True


class Contact(Base):
    """A HubSpot contact that Musubi has met. `contact_id` is HubSpot's own id.

    `mirror_wanted` counts changes to what HubSpot should show; `mirror_done` is the count that
    was last written there. Where they differ, a write is owed. `check_owed`: HubSpot told of a
    change that we have not looked at; `check_wanted` counts those. `shown` is what HubSpot's LINE
    User ID properties may hold by our own doing, by account id; anything else a person put there.
    """

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("installation_id", "contact_id"),
        Index("contact_mirror_owed", "installation_id", "mirror_owed"),
        Index("contact_check_owed", "installation_id", "check_owed"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    contact_id: Mapped[int] = mapped_column(BigInteger)
    email: Mapped[str] = mapped_column(String(320), default="")
    firstname: Mapped[str] = mapped_column(String(255), default="")
    lastname: Mapped[str] = mapped_column(String(255), default="")
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    mirror_wanted: Mapped[int] = mapped_column(default=0)
    mirror_done: Mapped[int] = mapped_column(default=0)
    mirror_owed: Mapped[bool] = mapped_column(default=False)
    mirror_error: Mapped[str] = mapped_column(String(500), default="")
    check_wanted: Mapped[int] = mapped_column(default=0, server_default="0")
    check_owed: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    shown: Mapped[dict[str, list[str]]] = mapped_column(JSON, default=dict, server_default="{}")
    # When HubSpot last said that it was deleted or restored; an older word comes too late.
    life_ms: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    # HubSpot merged it into another: its old id still stands in links and in workflows.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)

    @property
    def name(self) -> str:
        """First and last name, as far as HubSpot has them."""
        return " ".join(part for part in (self.firstname, self.lastname) if part)

    def take(self, properties: "dict[str, Any]", at: datetime) -> None:
        """Remember what HubSpot said of this contact."""
        self.email = properties.get("email") or ""
        self.firstname = properties.get("firstname") or ""
        self.lastname = properties.get("lastname") or ""
        self.read_at = at

    def owe_mirror(self) -> None:
        """What HubSpot shows of this contact is out of date."""
        self.mirror_wanted = Contact.mirror_wanted + 1
        self._owe("mirror_owed")

    def owe_check(self) -> None:
        """HubSpot told of a change; what it is now is to be read there."""
        self.check_wanted = Contact.check_wanted + 1
        self._owe("check_owed")

    def _owe(self, debt: str) -> None:
        """Say so to the database even where our copy says it already: that may be long paid."""
        setattr(self, debt, True)
        flag_modified(self, debt)

    def may_show(self, account_id: int) -> list[str]:
        """What our own writes may have left in the account's LINE User ID property."""
        return (self.shown or {}).get(str(account_id), [""])

    def note_shown(self, account_id: int, *values: str) -> None:
        """Remember what the property holds, or may hold while a write is under way."""
        self.shown = {**(self.shown or {}), str(account_id): list(dict.fromkeys(values))}

    @classmethod
    def of_portal(cls, installation_id: int, contact_id: int) -> "Contact | None":
        """The row of a HubSpot contact id, or of the contact that it was merged into."""
        found = cls.exactly(installation_id, contact_id)
        while found is not None and found.merged_into_id is not None:
            found = db.session.get(cls, found.merged_into_id)
        return found

    @classmethod
    def of_portal_many(
        cls, installation_id: int, contact_ids: "Iterable[int]"
    ) -> "dict[int, Contact]":
        """The same for many, by the id that was asked for; one query, but for the merged."""
        mine = select(cls).where(cls.installation_id == installation_id)
        wanted = list(contact_ids)
        if not wanted:
            return {}
        found = db.session.scalars(mine.where(cls.contact_id.in_(wanted)))
        rows = {row.contact_id: row for row in found}
        for contact_id, row in rows.items():
            if row.merged_into_id is not None:
                rows[contact_id] = cls.of_portal(installation_id, contact_id) or row
        return rows

    @classmethod
    def exactly(cls, installation_id: int, contact_id: int) -> "Contact | None":
        """The row of just this HubSpot contact id."""
        mine = select(cls).where(cls.installation_id == installation_id)
        return db.session.scalar(mine.where(cls.contact_id == contact_id))

    @classmethod
    def with_ancestors(cls, contacts: "Sequence[Contact]") -> dict[int, int]:
        """By HubSpot id, these and all that were merged into them: whose row that leads to."""
        heirs = {one.id: one.id for one in contacts}
        found = {one.contact_id: one.id for one in contacts}
        while heirs:
            merged = select(cls.id, cls.contact_id, cls.merged_into_id)
            rows = db.session.execute(merged.where(cls.merged_into_id.in_(heirs))).tuples().all()
            heirs = {row: heirs[into] for row, _, into in rows if into is not None}
            found |= {contact_id: heirs[row] for row, contact_id, _ in rows}
        return found

    @classmethod
    def to_check(cls, installation_id: int, limit: int) -> "list[Contact]":
        """Contacts of whose change HubSpot told."""
        mine = select(cls).where(cls.installation_id == installation_id, cls.check_owed)
        return list(db.session.scalars(mine.order_by(cls.id).limit(limit)))

    @classmethod
    def owing(cls, installation_id: int, limit: int) -> "list[Contact]":
        """Contacts whose properties are to be written to HubSpot."""
        mine = select(cls).where(cls.installation_id == installation_id, cls.mirror_owed)
        return list(db.session.scalars(mine.order_by(cls.id).limit(limit)))


class Linkage(Base):
    """The tie: held by the database to one contact per friend and one friend per contact."""

    __tablename__ = "linkage"
    __table_args__ = (
        UniqueConstraint("friend_id"),
        UniqueConstraint("official_account_id", "contact_row_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    friend_id: Mapped[int] = mapped_column(ForeignKey("friend.id"))
    contact_row_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    method: Mapped[str] = mapped_column(String(20))
    linked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    friend: Mapped[Friend] = relationship(back_populates="linkage", lazy="joined", innerjoin=True)
    contact: Mapped[Contact] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["Linkage"]]:
        """The ties of all accounts of one tenant."""
        accounts = OfficialAccount.owned(installation_id).with_only_columns(OfficialAccount.id)
        return select(cls).where(cls.official_account_id.in_(accounts.order_by(None)))

    @classmethod
    def find_owned(cls, installation_id: int, linkage_id: int) -> "Linkage | None":
        """One tie of the tenant, or None whether it is missing or foreign."""
        return db.session.scalar(cls.owned(installation_id).where(cls.id == linkage_id))

    @classmethod
    def of_contact(cls, account_id: int, contact_row_id: int) -> "Linkage | None":
        """The tie that holds this contact on this account."""
        mine = select(cls).where(cls.official_account_id == account_id)
        return db.session.scalar(mine.where(cls.contact_row_id == contact_row_id))

    @classmethod
    def of_contacts(cls, contact_row_ids: "Iterable[int]") -> "list[Linkage]":
        """Every tie of these contacts, on whichever account."""
        wanted = list(contact_row_ids)
        found = select(cls).where(cls.contact_row_id.in_(wanted))
        return list(db.session.scalars(found)) if wanted else []


# What can happen to a tie. The first three change it; the others say why nothing changed, or what
# else was done: a wish met a tie, a person kept that tie, a value could not be taken, LINE was told
# that the friend is unlinked (or could not be), a person asked to be forgotten.
TYING = ("linked", "moved", "unlinked")
DEEDS = (*TYING, "conflict", "kept", "refused", "deauthorized", "not_deauthorized", "erased")


class LedgerEntry(Base):
    """What happened to a tie, for ever: when, how, by whom, from where, and what was before."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        Index("ledger_of_friend", "official_account_id", "line_user_id"),
        Index("ledger_of_contact", "installation_id", "contact_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    deed: Mapped[str] = mapped_column(String(20))  # one of DEEDS
    method: Mapped[str] = mapped_column(String(20))
    actor: Mapped[str] = mapped_column(String(255))
    source: Mapped[str] = mapped_column(String(255), default="")
    line_user_id: Mapped[str] = mapped_column(String(80))
    contact_id: Mapped[int] = mapped_column(BigInteger)
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # The line that this one takes back. A line is taken back once.
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["LedgerEntry"]]:
        """Everything that ever happened to a tenant's ties."""
        return select(cls).where(cls.installation_id == installation_id)

    @classmethod
    def undoing(cls, entry_id: int) -> "LedgerEntry":
        """The line that took this one back."""
        return db.session.scalars(select(cls).where(cls.undoes_id == entry_id)).one()

    @classmethod
    def of_friend(cls, friend: Friend) -> "list[LedgerEntry]":
        """A friend's history, newest first."""
        mine = select(cls).where(cls.official_account_id == friend.official_account_id)
        mine = mine.where(cls.line_user_id == friend.line_user_id)
        return list(db.session.scalars(mine.order_by(cls.id.desc())))
