"""HubSpot made one contact of several: their ties follow, and two that meet are a conflict."""

from collections.abc import Iterable

from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.conflict import SETTLED, Conflict
from plugin.models.job import plant
from plugin.models.people import Contact, Linkage
from plugin.services.contact_life import BY_HUBSPOT, GONE, retie
from plugin.services.link_friend import (
    Wish,
    contact_row,
    lock_contacts,
    owe_mirror,
    shift,
    tie,
    untie,
)

CAUSE = BY_HUBSPOT + "merge"


def merge_contacts(installation_id: int, survivor_id: int, merged_ids: Iterable[int]) -> None:
    """Lead everything of the merged contacts to the survivor, inside the caller's transaction.

    `merged_ids` in the order of their right to the survivor: the primary's values win in HubSpot,
    so its tie does here. Harmless when told twice, late, or before an earlier merge.
    """
    survivor = contact_row(installation_id, survivor_id)
    found = [Contact.exactly(installation_id, one) for one in dict.fromkeys(merged_ids)]
    merged = [one for one in found if one is not None and one.id != survivor.id]
    lock_contacts([survivor.id, *(one.id for one in merged)])
    for old in merged:
        if old.merged_into_id is None:
            _follow(old, survivor)
    survivor.deleted_at = None
    # It may carry a value that came from either, of which no other event tells.
    survivor.owe_check()
    plant("check_contacts", installation_id, installation_id)


def _follow(old: Contact, survivor: Contact) -> None:
    now = utcnow()
    for linkage in Linkage.of_contacts([old.id]):
        _carry(linkage, survivor)
    if old.deleted_at is not None:
        # Told of the deletion first: its ties are to be found in the ledger.
        retie(old, survivor, "merge")
    _inherit(old, survivor)
    old.deleted_at, old.merged_into_id = old.deleted_at or now, survivor.id
    old.mirror_owed = old.check_owed = False
    owe_mirror(survivor)


def _carry(linkage: Linkage, survivor: Contact) -> None:
    wish = Wish(linkage.friend, survivor, linkage.method, CAUSE, f"contact:{survivor.contact_id}")  # type: ignore[arg-type]
    if Linkage.of_contact(linkage.official_account_id, survivor.id) is None:
        shift(linkage, wish)
        return
    # Two LINE users meet on one contact. Whose it is cannot be told from here.
    untie(linkage, CAUSE, "property", GONE)
    tie(wish)


def _inherit(old: Contact, survivor: Contact) -> None:
    """HubSpot may show either's values now, and a wish for the old one is a wish for the heir."""
    for account_id, values in (old.shown or {}).items():
        known = survivor.may_show(int(account_id))
        survivor.note_shown(int(account_id), *known, *values)
    stood = update(Conflict).where(Conflict.standing_contact_row_id == old.id)
    db.session.execute(stood.values(standing_contact_row_id=survivor.id))
    for wish in db.session.scalars(select(Conflict).where(Conflict.contact_row_id == old.id)):
        _inherit_wish(wish, survivor)


def _inherit_wish(wish: Conflict, survivor: Contact) -> None:
    """It goes over to the survivor, unless the same was asked for or is true there already."""
    twin = select(Conflict.id).where(
        Conflict.friend_id == wish.friend_id, Conflict.contact_row_id == survivor.id
    )
    tied = Linkage.of_contact(wish.official_account_id, survivor.id)
    if db.session.scalar(twin) is None:
        wish.contact_row_id = survivor.id
        settled = tied is not None and tied.friend_id == wish.friend_id
    else:
        settled = True
    if settled and wish.decided_at is None:
        wish.decided_at, wish.verdict = utcnow(), SETTLED
