"""Who logged in, and which contact a confirmation would link. Links nothing."""

from datetime import datetime
from typing import NamedTuple

from plugin.core.clock import utcnow
from plugin.gateways import ContactRecord, Identity
from plugin.models.base import db
from plugin.models.login_flow.linkage_token import LinkageToken
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.contact import Contact
from plugin.models.people.friend import FOLLOWING, Friend
from plugin.models.transaction import retried, transaction
from plugin.services import Dependencies
from plugin.services.contacts.lookup import by_email, by_id
from plugin.services.contacts.outbox import mark_for_push
from plugin.services.contacts.records import get_or_create_contact, lock_contacts
from plugin.services.friends.records import get_or_create_friend
from plugin.services.linkage.by_property import existing_value
from plugin.services.linkage.line_tokens import FriendToken, store_user_token
from plugin.services.login_flow.session import LoginRefused, add_visit
from plugin.services.login_flow.visitor_hint import enqueue_suggestion
from plugin.services.login_flow.welcome import welcome


class IdentifiedUser(NamedTuple):
    identity: Identity
    is_friend: bool
    token: FriendToken


def identify_user(deps: Dependencies, attempt: LoginAttempt, user: IdentifiedUser) -> None:
    """Store the identity and the candidate contact; close the attempt if nothing is to confirm.
    Raise `LoginRefused` where the token's contact is deleted, `GatewayError` to retry."""
    _store(attempt, user, _candidate(deps, attempt, user.identity))


@retried
def _store(attempt: LoginAttempt, user: IdentifiedUser, contact: ContactRecord | None) -> None:
    with transaction() as session:
        session.add(attempt)
        attempt.is_friend = user.is_friend
        _note_identity(attempt, user.identity)
        note_contact(attempt, contact)
        friend = _note_friend(attempt)
        # Unlinking needs it, long after this attempt was deleted.
        store_user_token(friend, attempt.qr_code.official_account, user.token)
        _close_if_done(attempt, friend)
        enqueue_suggestion(attempt)
        add_visit(attempt.qr_code_id, "login")


def _candidate(
    deps: Dependencies, attempt: LoginAttempt, identity: Identity
) -> ContactRecord | None:
    # A token first, then the e-mail that LINE verified, as the QR code allows; tokens were checked
    # when the attempt began. A linked friend without a token requests no other contact.
    account = attempt.qr_code.official_account
    if attempt.qr_code.linkage_type != "hubspot":
        return None
    if attempt.token_id is not None:
        record = by_id(deps, account.installation_id, _contact_of_token(attempt))
        if record is None:
            raise LoginRefused("contact_gone", attempt)
        return record
    friend = Friend.of_account(account.id, identity.user_id)
    email = _verified_contact(attempt.qr_code, identity)
    if email and (friend is None or friend.linkage is None):
        return by_email(deps, account.installation_id, email)
    return None


def _verified_contact(code: QRCode, identity: Identity) -> str:
    # Also the e-mail of a contact that is created.
    return identity.email if code.by_email else ""


def _contact_of_token(attempt: LoginAttempt) -> int:
    # HubSpot does not document whether it finds a merged contact by its old id.
    token = db.session.get_one(LinkageToken, attempt.token_id)
    contact = db.session.get_one(Contact, token.contact_row_id)
    merge_target = Contact.of_portal(contact.installation_id, contact.contact_id)
    return merge_target.contact_id if merge_target else contact.contact_id


def _note_identity(attempt: LoginAttempt, identity: Identity) -> None:
    attempt.line_user_id = identity.user_id
    attempt.display_name, attempt.picture_url = identity.name, identity.picture_url
    attempt.contact_email = _verified_contact(attempt.qr_code, identity)


def note_contact(attempt: LoginAttempt, record: ContactRecord | None) -> None:
    """Store the contact that the attempt would link, inside the caller's transaction."""
    if record is None:
        return
    account = attempt.qr_code.official_account
    contact = get_or_create_contact(account.installation_id, record.contact_id)
    lock_contacts([contact.id])
    contact.update_from(dict(record.properties), utcnow())
    contact.deleted_at = None
    existing_value(account, contact, record, attempt.line_user_id)
    # The page masks the e-mail address, so it must not stand in for a missing name.
    attempt.contact_id, attempt.contact_name = contact.contact_id, contact.name
    attempt.contact_email = contact.email


def _note_friend(attempt: LoginAttempt) -> Friend:
    now = utcnow()
    friend = get_or_create_friend(
        attempt.qr_code.official_account, attempt.line_user_id, now, held=True
    )
    friend.display_name = attempt.display_name or friend.display_name
    friend.picture_url = attempt.picture_url or friend.picture_url
    if attempt.is_friend and friend.status != FOLLOWING:
        _note_following(friend, now)
    return friend


def _note_following(friend: Friend, now: datetime) -> None:
    # LINE's event may come later with an earlier time, and then changes nothing.
    if friend.note_status(FOLLOWING, now) and friend.linkage is not None:
        mark_for_push(friend.linkage.contact)


def _close_if_done(attempt: LoginAttempt, friend: Friend) -> None:
    # A code that links nothing, and an existing linkage, leave nothing to confirm.
    linked_id = friend.linkage.contact.contact_id if friend.linkage else None
    if attempt.qr_code.linkage_type != "hubspot":
        attempt.outcome = "welcome"
    elif linked_id is not None and attempt.contact_id in (None, linked_id):
        attempt.outcome = "already_linked"
    elif attempt.contact_id is None and not _can_continue(attempt):
        attempt.outcome = "nobody"
    else:
        return
    attempt.confirmed_at = utcnow()
    welcome(attempt, friend)
    add_visit(attempt.qr_code_id, attempt.outcome)


def _can_continue(attempt: LoginAttempt) -> bool:
    """Return whether a friend without a candidate may submit the form or become a new contact."""
    return attempt.qr_code.by_form or attempt.makes_contact
