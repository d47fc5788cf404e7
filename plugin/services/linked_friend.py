"""Who an action is about: the Official Account it means, and the friend behind the contact."""

from sqlalchemy import select

from plugin.models.base import db
from plugin.models.installation import Installation
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Contact, Friend, Linkage

NOT_LINKED = "This contact is not linked with a LINE friend of the Official Account."
BLOCKS = "The friend blocks the Official Account."


class NoAccount(ValueError):
    """Which Official Account is meant cannot be told; says what to do."""


def choose_account(installation: Installation, wanted: str) -> OfficialAccount:
    """The account an action names, or the only one. Raises `NoAccount`."""
    accounts = OfficialAccount.list_owned(installation.id)
    if wanted.strip():
        found = [account for account in accounts if str(account.id) == wanted.strip()]
        if not found:
            raise NoAccount("The chosen Official Account is no longer connected. Choose another.")
        return found[0]
    if len(accounts) != 1:
        raise NoAccount(
            "Choose the Official Account that sends."
            if accounts
            else "No Official Account is connected in Musubi yet."
        )
    return accounts[0]


def linked_friend(
    installation: Installation, account: OfficialAccount, contact_id: int
) -> Friend | None:
    """The friend that a HubSpot contact is tied to on this account."""
    contact = Contact.of_portal(installation.id, contact_id)
    linkage = Linkage.of_contact(account.id, contact.id) if contact else None
    return linkage.friend if linkage else None


def locked(friend: Friend) -> Friend:
    """The friend as he stands now, held until the caller's transaction ends."""
    mine = select(Friend).where(Friend.id == friend.id).with_for_update(of=Friend)
    return db.session.scalars(mine.execution_options(populate_existing=True)).unique().one()
