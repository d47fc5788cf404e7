"""Changes of a LINE User ID property, as HubSpot tells of them: which are worth a look."""

from collections.abc import Sequence

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.inbox import WebhookEvent
from plugin.models.job import plant
from plugin.models.people import Contact, Friend, Linkage
from plugin.services.link_friend import contact_row
from plugin.services.offered_ids import USER_ID, Offers, offers_of, own_property


def note_property_changes(installation_id: int, events: Sequence[WebhookEvent]) -> None:
    """Mark the contacts that are to be read again, inside the caller's transaction.

    An event that says what we know and wrote is the echo of that write, or as good as one: it
    costs no call. (Should it be an old one, the newer one comes too and is not.)
    """
    offers = offers_of(installation_id)
    heard = [one for one in map(_heard, events) if one is not None]
    ids = {contact_id for contact_id, _, _ in heard}
    ties, rows = _ties(installation_id, offers, ids), _rows(installation_id, ids)
    accounts = {own_property(each): each.id for each in offers.accounts}
    listened = set(offers.names([USER_ID]))
    for contact_id, name, value in heard:
        row, account_id = rows.get(contact_id), accounts.get(name)
        written = row.may_show(account_id) if row and account_id else [""]
        is_news = value != ties.get((contact_id, name), "") or value not in written
        if name in listened and is_news:
            contact_row(installation_id, contact_id).owe_check()
            plant("check_contacts", installation_id, installation_id)
    for event in events:
        event.handled_at = utcnow()


def _rows(installation_id: int, contact_ids: set[int]) -> dict[int, Contact]:
    mine = select(Contact).where(
        Contact.installation_id == installation_id, Contact.contact_id.in_(contact_ids)
    )
    return {one.contact_id: one for one in db.session.scalars(mine)}


def _heard(event: WebhookEvent) -> tuple[int, str, str] | None:
    """Contact, property and value of an event that can be read."""
    told = event.payload
    contact_id, name = told.get("objectId"), told.get("propertyName")
    value = told.get("propertyValue")
    if not isinstance(contact_id, int) or not 0 < contact_id < 2**63 or not isinstance(name, str):
        return None
    return contact_id, name, "" if value is None else str(value).strip()


def _ties(
    installation_id: int, offers: Offers, contact_ids: set[int]
) -> dict[tuple[int, str], str]:
    """The LINE user id that each contact is tied to, by HubSpot id and property."""
    names = {
        each.id: [own_property(each), *offers.imported.get(each.id, [])] for each in offers.accounts
    }
    ties = select(Contact.contact_id, Linkage.official_account_id, Friend.line_user_id)
    mine = ties.join_from(Contact, Linkage).join(Friend, Linkage.friend_id == Friend.id)
    mine = mine.where(
        Contact.installation_id == installation_id, Contact.contact_id.in_(contact_ids)
    )
    return {
        (contact_id, name): user_id
        for contact_id, account_id, user_id in db.session.execute(mine).tuples()
        for name in names.get(account_id, [])
    }
