"""A program or a person ties a contact and a friend that they know belong together."""

from plugin.core.clock import utcnow
from plugin.gateways import Channel, ContactRecord, GatewayError, Profile
from plugin.models.base import repeated, transaction
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Friend
from plugin.services import Outside
from plugin.services.find_contact import by_id
from plugin.services.found_value import take_found
from plugin.services.link_friend import Tied, Wish, contact_row, friend_row, lock_contacts, tie


class Unknown(Exception):
    """One half of the tie does not exist; `field` says which, the message what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def link_by_hand(
    outside: Outside, account: OfficialAccount, contact_id: int, line_user_id: str, actor: str
) -> Tied:
    """Tie, once HubSpot has shown the contact and LINE or our own rows know the friend.

    Raises `Unknown`, or `GatewayError` where a platform could not be asked.
    """
    record = by_id(outside, account.installation_id, contact_id)
    if record is None:
        raise Unknown("contact_id", "HubSpot has no contact with this ID.")
    return _tie(account, record, _introduced(outside, account, line_user_id), line_user_id, actor)


@repeated
def _tie(
    account: OfficialAccount,
    record: ContactRecord,
    profile: Profile | None,
    line_user_id: str,
    actor: str,
) -> Tied:
    with transaction():
        friend = friend_row(account, line_user_id, utcnow())
        if profile is not None:
            _take(friend, profile)
        contact = contact_row(account.installation_id, record.contact_id)
        contact.take(dict(record.properties), utcnow())
        lock_contacts([contact.id])
        # HubSpot has just shown it, whatever we were told.
        contact.deleted_at = None
        take_found(account, contact, record, line_user_id)
        return tie(Wish(friend, contact, "manual", actor, "api"))


def _introduced(outside: Outside, account: OfficialAccount, line_user_id: str) -> Profile | None:
    """None: we know the friend already. A stranger must be one whom LINE shows to the account."""
    if Friend.of_account(account.id, line_user_id) is not None:
        return None
    try:
        channel = Channel(account.channel_id, account.channel_secret)
        return outside.gateways.line.profile(channel, line_user_id)
    except GatewayError as error:
        if error.permanent and error.reason in ("not_found", "invalid"):
            raise Unknown(
                "line_user_id",
                "This Official Account has no friend with this LINE user ID."
                " The ID must come from the same LINE provider.",
            ) from error
        raise


def _take(friend: Friend, profile: Profile) -> None:
    friend.display_name, friend.picture_url = profile.display_name, profile.picture_url
    friend.language, friend.profile_at = profile.language, utcnow()
