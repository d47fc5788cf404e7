"""Linking by a person or an API client who knows the contact and the friend."""

from plugin.core.clock import utcnow
from plugin.core.linkage import looks_like_user_id
from plugin.gateways import ContactRecord, GatewayError, Profile
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend import Friend
from plugin.models.transaction import retried, transaction
from plugin.services import Dependencies
from plugin.services.connections.channels import messaging_channel
from plugin.services.contacts.lookup import by_id
from plugin.services.contacts.records import get_or_create_contact, lock_contacts
from plugin.services.friends.records import get_or_create_friend
from plugin.services.linkage.by_property import existing_value
from plugin.services.linkage.history import LinkRequest
from plugin.services.linkage.link import LinkResult, link


class UnknownId(Exception):
    """`field` says which id is unknown, the message what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def link_manually(
    deps: Dependencies, account: OfficialAccount, contact_id: int, line_user_id: str, actor: str
) -> LinkResult:
    """Link an id that HubSpot shows and one that LINE shows or our rows have. Raise `UnknownId`, or
    `GatewayError` where a platform could not be reached."""
    if not looks_like_user_id(line_user_id):
        raise UnknownId("line_user_id", "Must be a LINE user ID: U and 32 digits of 0-9, a-f.")
    record = by_id(deps, account.installation_id, contact_id)
    if record is None:
        raise UnknownId("contact_id", "HubSpot has no contact with this ID.")
    return _link(account, record, _fetch_profile(deps, account, line_user_id), line_user_id, actor)


@retried
def _link(
    account: OfficialAccount,
    record: ContactRecord,
    profile: Profile | None,
    line_user_id: str,
    actor: str,
) -> LinkResult:
    with transaction():
        friend = get_or_create_friend(account, line_user_id, utcnow())
        if profile is not None:
            _store_profile(friend, profile)
        contact = get_or_create_contact(account.installation_id, record.contact_id)
        contact.update_from(dict(record.properties), utcnow())
        lock_contacts([contact.id])
        # HubSpot has just shown it, whatever an event said before.
        contact.deleted_at = None
        existing_value(account, contact, record, line_user_id)
        return link(LinkRequest(friend, contact, "manual", actor, "api"))


def _fetch_profile(
    deps: Dependencies, account: OfficialAccount, line_user_id: str
) -> Profile | None:
    """Return the profile of an unknown user, None for a known friend."""
    if Friend.of_account(account.id, line_user_id) is not None:
        return None
    try:
        channel = messaging_channel(account)
        return deps.gateways.line.profile(channel, line_user_id)
    except GatewayError as error:
        if error.permanent and error.reason in ("not_found", "invalid"):
            raise UnknownId(
                "line_user_id",
                "This Official Account has no friend with this LINE user ID."
                " The ID must come from the same LINE provider.",
            ) from error
        raise


def _store_profile(friend: Friend, profile: Profile) -> None:
    friend.display_name, friend.picture_url = profile.display_name, profile.picture_url
    friend.language, friend.profile_at = profile.language, utcnow()
