"""Linking by a person or an API client who knows the contact and the friend."""

from typing import Literal

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.core.linkage import looks_like_user_id
from plugin.gateways import ContactRecord, GatewayError, Profile
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.models.transaction import retried, transaction
from plugin.services import Dependencies
from plugin.services.connections.channels import messaging_channel
from plugin.services.contacts.lookup import by_id
from plugin.services.contacts.read_together import read_together
from plugin.services.contacts.records import (
    contact_row_ids_of,
    get_or_create_contact,
    lock_contacts,
)
from plugin.services.friends.records import get_or_create_friend
from plugin.services.linkage.by_property import existing_value
from plugin.services.linkage.history import LinkRequest
from plugin.services.linkage.link import LinkResult, link, move

# "changed": other linkages are in the way than the person saw, so nothing was done; "gone": HubSpot
# has the contact no more.
Choice = Literal["linked", "moved", "already_linked", "changed", "gone"]
UNKNOWN_CONTACT = "HubSpot has no contact with this ID."
UNKNOWN_FRIEND = (
    "This Official Account has no friend with this LINE user ID."
    " The ID must come from the same LINE provider."
)


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
    record = read_together(deps, account.installation_id, contact_id)
    if record is None:
        raise UnknownId("contact_id", UNKNOWN_CONTACT)
    profile = fetch_profile(deps, account, line_user_id)
    return link_record(account, record, profile, line_user_id, actor)


@retried
def link_record(
    account: OfficialAccount,
    record: ContactRecord,
    profile: Profile | None,
    line_user_id: str,
    actor: str,
) -> LinkResult:
    """`profile` None: the friend is known here. Raise `UnknownId` where they were erased since."""
    with transaction():
        friend = _friend(account, line_user_id, profile)
        contact = _note_contact(friend, record)
        return link(LinkRequest(friend, contact, "manual", actor, "api"))


def _friend(account: OfficialAccount, line_user_id: str, profile: Profile | None) -> Friend:
    if profile is not None:
        friend = get_or_create_friend(account, line_user_id, utcnow())
        store_profile(friend, profile)
        return friend
    known = Friend.of_account(account.id, line_user_id)
    if known is None:
        raise UnknownId("line_user_id", UNKNOWN_FRIEND)
    return known


def link_chosen(
    deps: Dependencies, friend: Friend, contact_id: int, actor: str, standing: str
) -> Choice:
    """Link a contact that a person chose for the friend, and end the linkages in the way if they
    are those that `standing` names (see `standing_of`). Raise `GatewayError`."""
    record = by_id(deps, friend.official_account.installation_id, contact_id)
    return "gone" if record is None else _link_chosen(friend.id, record, actor, standing)


def standing_of(friend_linkage: Linkage | None, contact_linkage: Linkage | None) -> str:
    """Return a mark of the linkages of a friend and a contact: whom else each is linked with."""
    contact_row_id = friend_linkage.contact_row_id if friend_linkage else ""
    friend_id = contact_linkage.friend_id if contact_linkage else ""
    return f"{contact_row_id}-{friend_id}"


@retried
def _link_chosen(friend_id: int, record: ContactRecord, actor: str, standing: str) -> Choice:
    with transaction():
        friend = db.session.get_one(Friend, friend_id)
        contact = _note_contact(friend, record)
        friend_linkage = db.session.scalar(select(Linkage).where(Linkage.friend_id == friend_id))
        contact_linkage = Linkage.of_contact(friend.official_account_id, contact.id)
        if friend_linkage is not None and friend_linkage.contact_row_id == contact.id:
            return "already_linked"
        if standing_of(friend_linkage, contact_linkage) != standing:
            return "changed"
        move(LinkRequest(friend, contact, "manual", actor, "page"))
        return "moved" if friend_linkage or contact_linkage else "linked"


def _note_contact(friend: Friend, record: ContactRecord) -> Contact:
    """Store what HubSpot has just shown of a contact, inside the caller's transaction."""
    account = friend.official_account
    contact = get_or_create_contact(account.installation_id, record.contact_id)
    lock_contacts([contact.id, *contact_row_ids_of(friend)])
    contact.update_from(dict(record.properties), utcnow())
    # Whatever an event said before.
    contact.deleted_at = None
    existing_value(account, contact, record, friend.line_user_id)
    return contact


def fetch_profile(
    deps: Dependencies, account: OfficialAccount, line_user_id: str
) -> Profile | None:
    """Return the profile of an unknown user, None for a known friend. Raise `UnknownId`, or
    `GatewayError`."""
    if Friend.of_account(account.id, line_user_id) is not None:
        return None
    try:
        channel = messaging_channel(account)
        return deps.gateways.line.profile(channel, line_user_id)
    except GatewayError as error:
        if is_unknown(error):
            raise UnknownId("line_user_id", UNKNOWN_FRIEND) from error
        raise


def is_unknown(error: GatewayError) -> bool:
    """Whether LINE answered that the account has no such friend."""
    return error.permanent and error.reason in ("not_found", "invalid")


def store_profile(friend: Friend, profile: Profile) -> None:
    friend.display_name, friend.picture_url = profile.display_name, profile.picture_url
    friend.language, friend.profile_at = profile.language, utcnow()
