"""Finding ties, and what happened to them, by either half."""

from sqlalchemy import Select, select

from plugin.models.people import Contact, Friend, LedgerEntry, Linkage


def find_linkages(
    installation_id: int, contact_id: int | None, line_user_id: str, official_account: int | None
) -> Select[tuple[Linkage]]:
    """The tenant's ties of a HubSpot contact id and a LINE user id; None and "" leave it out."""
    found = Linkage.owned(installation_id)
    if contact_id is not None:
        mine = select(Contact.id).where(Contact.installation_id == installation_id)
        found = found.where(
            Linkage.contact_row_id.in_(mine.where(Contact.contact_id == contact_id))
        )
    if line_user_id:
        named = select(Friend.id).where(Friend.line_user_id == line_user_id)
        found = found.where(Linkage.friend_id.in_(named))
    if official_account is not None:
        found = found.where(Linkage.official_account_id == official_account)
    return found


def find_history(
    installation_id: int, contact_id: int | None, line_user_id: str, official_account: int | None
) -> Select[tuple[LedgerEntry]]:
    """The same for the ledger, which also knows ties that are gone."""
    found = LedgerEntry.owned(installation_id)
    if contact_id is not None:
        found = found.where(LedgerEntry.contact_id == contact_id)
    if line_user_id:
        found = found.where(LedgerEntry.line_user_id == line_user_id)
    if official_account is not None:
        found = found.where(LedgerEntry.official_account_id == official_account)
    return found
