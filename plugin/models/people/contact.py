"""HubSpot contacts that Musubi knows."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.attributes import flag_modified

from plugin.core.text.person_names import full_name
from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.sql import partial_index


class Contact(Base):
    """A HubSpot contact that Musubi knows. `contact_id` is HubSpot's own id.

    `push_version` ("mirror_wanted" in the database) counts changes to what HubSpot should show, and
    `pushed_version` ("mirror_done") is the count that was last written there. Where they differ, a
    push is pending: `push_pending` ("mirror_owed"), its last error in `push_error`
    ("mirror_error"). `pull_pending` ("check_owed"): HubSpot reported a change that Musubi has not
    read; `pull_version` ("check_wanted") counts those.
    """

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("installation_id", "contact_id"),
        Index("contact_mirror_owed", "installation_id", "mirror_owed"),
        Index("contact_check_owed", "installation_id", "check_owed"),
        Index("contact_email", "installation_id", "email"),
        partial_index("contact_refused", "installation_id", part="mirror_error <> ''"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    contact_id: Mapped[int] = mapped_column(BigInteger)
    email: Mapped[str] = mapped_column(String(320), default="")
    firstname: Mapped[str] = mapped_column(String(255), default="")
    lastname: Mapped[str] = mapped_column(String(255), default="")
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    push_version: Mapped[int] = mapped_column("mirror_wanted", default=0)
    pushed_version: Mapped[int] = mapped_column("mirror_done", default=0)
    push_pending: Mapped[bool] = mapped_column("mirror_owed", default=False)
    push_error: Mapped[str] = mapped_column("mirror_error", String(500), default="")
    pull_version: Mapped[int] = mapped_column("check_wanted", default=0, server_default="0")
    pull_pending: Mapped[bool] = mapped_column(
        "check_owed", default=False, server_default=text("false")
    )
    # What HubSpot's LINE User ID properties may hold by our own writes, by account id; anything
    # else was set by a person.
    shown: Mapped[dict[str, list[str]]] = mapped_column(JSON, default=dict, server_default="{}")
    # When HubSpot last reported a deletion or restoration ("life_ms" in the database); an older
    # report comes too late.
    lifecycle_ms: Mapped[int] = mapped_column("life_ms", BigInteger, default=0, server_default="0")
    # HubSpot merged it into another: its old id still stands in links and in workflows.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)

    @property
    def name(self) -> str:
        return full_name(self.firstname, self.lastname)

    def update_from(self, properties: "dict[str, Any]", at: datetime) -> None:
        self.email = (properties.get("email") or "")[:320]
        self.firstname = (properties.get("firstname") or "")[:255]
        self.lastname = (properties.get("lastname") or "")[:255]
        self.read_at = at

    def mark_for_push(self) -> None:
        self.push_version = Contact.push_version + 1
        self._mark("push_pending")

    def mark_for_pull(self) -> None:
        self.pull_version = Contact.pull_version + 1
        self._mark("pull_pending")

    def _mark(self, column: str) -> None:
        # Also where our copy is marked already: the database's mark may be cleared by now.
        setattr(self, column, True)
        flag_modified(self, column)

    def may_show(self, account_id: int) -> list[str]:
        """Return what our own writes may have left in the account's LINE User ID property."""
        return (self.shown or {}).get(str(account_id), [""])

    def note_shown(self, account_id: int, *values: str) -> None:
        """Store what the property holds, or may hold while a write is under way."""
        self.shown = {**(self.shown or {}), str(account_id): list(dict.fromkeys(values))}

    @classmethod
    def of_portal(cls, installation_id: int, contact_id: int) -> "Contact | None":
        """Return the row of a HubSpot contact id, or of the contact that it was merged into."""
        contact = cls.by_contact_id(installation_id, contact_id)
        while contact is not None and contact.merged_into_id is not None:
            contact = db.session.get(cls, contact.merged_into_id)
        return contact

    @classmethod
    def of_portal_many(
        cls, installation_id: int, contact_ids: "Iterable[int]"
    ) -> "dict[int, Contact]":
        """Return the same by the requested ids, with one query, except for merged contacts."""
        statement = select(cls).where(cls.installation_id == installation_id)
        requested_ids = list(contact_ids)
        if not requested_ids:
            return {}
        contacts = db.session.scalars(statement.where(cls.contact_id.in_(requested_ids)))
        rows = {row.contact_id: row for row in contacts}
        for contact_id, row in rows.items():
            if row.merged_into_id is not None:
                rows[contact_id] = cls.of_portal(installation_id, contact_id) or row
        return rows

    @classmethod
    def by_contact_id(cls, installation_id: int, contact_id: int) -> "Contact | None":
        """Return the row of this very HubSpot contact id, merged or not."""
        statement = select(cls).where(cls.installation_id == installation_id)
        return db.session.scalar(statement.where(cls.contact_id == contact_id))

    @classmethod
    def with_ancestors(cls, contacts: "Sequence[Contact]") -> dict[int, int]:
        """Map the HubSpot ids of these and of all merged into them to the contacts' row ids."""
        targets = {contact.id: contact.id for contact in contacts}
        row_ids = {contact.contact_id: contact.id for contact in contacts}
        while targets:
            merged = select(cls.id, cls.contact_id, cls.merged_into_id)
            rows = db.session.execute(merged.where(cls.merged_into_id.in_(targets))).tuples().all()
            targets = {row: targets[into] for row, _, into in rows if into is not None}
            row_ids |= {contact_id: targets[row] for row, contact_id, _ in rows}
        return row_ids

    @classmethod
    def list_pull_pending(cls, installation_id: int, limit: int) -> "list[Contact]":
        statement = select(cls).where(cls.installation_id == installation_id, cls.pull_pending)
        return list(db.session.scalars(statement.order_by(cls.id).limit(limit)))

    @classmethod
    def pending_of(cls, installation_id: int, limit: int) -> "list[Contact]":
        statement = select(cls).where(cls.installation_id == installation_id, cls.push_pending)
        return list(db.session.scalars(statement.order_by(cls.id).limit(limit)))
