"""Search for linkages and their history by contact, LINE user id or account."""

from sqlalchemy import Select, select

from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.models.people.linkage_entry import HistoryEntry


def find_linkages(
    installation_id: int, contact_id: int | None, line_user_id: str, official_account: int | None
) -> Select[tuple[Linkage]]:
    """Select the tenant's linkages; None and "" leave a filter out."""
    linkages = Linkage.owned(installation_id)
    if contact_id is not None:
        contacts = select(Contact.id).where(Contact.installation_id == installation_id)
        linkages = linkages.where(
            Linkage.contact_row_id.in_(contacts.where(Contact.contact_id == contact_id))
        )
    if line_user_id:
        friends = select(Friend.id).where(Friend.line_user_id == line_user_id)
        linkages = linkages.where(Linkage.friend_id.in_(friends))
    if official_account is not None:
        linkages = linkages.where(Linkage.official_account_id == official_account)
    return linkages


def find_history(
    installation_id: int, contact_id: int | None, line_user_id: str, official_account: int | None
) -> Select[tuple[HistoryEntry]]:
    """Select the same from the history, which also has linkages that are gone."""
    entries = HistoryEntry.owned(installation_id)
    if contact_id is not None:
        entries = entries.where(HistoryEntry.contact_id == contact_id)
    if line_user_id:
        entries = entries.where(HistoryEntry.line_user_id == line_user_id)
    if official_account is not None:
        entries = entries.where(HistoryEntry.official_account_id == official_account)
    return entries
